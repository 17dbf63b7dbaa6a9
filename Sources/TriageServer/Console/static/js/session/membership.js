// What the signed-in person may do in the organisation that is being looked at.

const chosenKey = "nexify.organization";

export const roleNames = { viewer: "Viewer", agent: "Agent", admin: "Admin" };

export class Membership {
    #me;
    #organization;

    /** @param me the answer of `/api/me/`; @param chosen an organisation's id, or null for the first */
    constructor(me, chosen) {
        this.#me = me;
        this.#organization = me.organizations.find((o) => o.id === chosen) ?? me.organizations[0] ?? null;
    }

    /** The organisation that was looked at last in this tab, when the person is still in it. */
    static remembered(me) {
        return new Membership(me, Number(sessionStorage.getItem(chosenKey)) || null);
    }

    static remember(id) { sessionStorage.setItem(chosenKey, String(id)); }
    static forget() { sessionStorage.removeItem(chosenKey); }

    get me() { return this.#me; }
    get name() {
        return [this.#me.first_name, this.#me.last_name].filter(Boolean).join(" ") || this.#me.username;
    }
    get organization() { return this.#organization; }
    get organizations() { return this.#me.organizations; }
    get role() { return this.#organization?.role ?? null; }

    /** Agents and admins write; the server checks again. */
    get mayWrite() { return this.role === "agent" || this.role === "admin"; }

    /** The same person in another of their organisations: a ticket's address does not name one. */
    in(organization) { return new Membership(this.#me, organization); }

    get readOnlyReason() {
        return "Your role is Viewer: you can read everything and change nothing. An admin can give you the Agent role.";
    }
}
