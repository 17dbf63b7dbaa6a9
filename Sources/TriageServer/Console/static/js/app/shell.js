// The frame around every page: brand, navigation, who is signed in, where the page goes.

import { element, fill } from "../elements/element.js";
import { select } from "../elements/field.js";
import { roleNames } from "../session/membership.js";

const places = [["/tickets", "Tickets"], ["/knowledge", "Knowledge"], ["/session", "Session"]];

export class Shell {
    outlet = element("main", { id: "main", tabindex: "-1" });
    #links = places.map(([path, name]) => ({ path, link: element("a", { href: `#${path}` }, name) }));
    #person = element("div.person");
    #header = element("header.top", {},
        element("a.brand", { href: "#/tickets", "aria-label": "Nexify, tickets" },
            element("img", { src: "/favicon.svg", alt: "", width: "22", height: "22" }), element("span", {}, "Nexify")),
        element("nav.places", { "aria-label": "Main" }, this.#links.map(({ link }) => link)),
        this.#person);

    /** @param actions `{help, signOut, choose(organizationID)}` */
    constructor(root, banner, announcer, actions) {
        this.actions = actions;
        // A plain "#main" link would be taken for a page by the router.
        const skip = element("button.skip", { type: "button", click: () => this.outlet.focus() }, "Skip to content");
        fill(root, skip, this.#header, banner, this.outlet, announcer);
    }

    /** @param {import("../session/membership.js").Membership | null} membership null while nobody is signed in */
    show(membership) {
        this.#header.classList.toggle("anonymous", membership === null);
        if (!membership) return void fill(this.#person);
        const { organizations, organization } = membership;
        const chooser = organizations.length > 1
            ? select(organizations.map((o) => [String(o.id), o.name]), String(organization.id), {
                "aria-label": "Organisation", change: (event) => this.actions.choose(Number(event.target.value)),
            })
            : element("span.organization", {}, organization?.name ?? "No organisation");
        fill(this.#person, chooser,
            element("span.who", {}, element("span.name", {}, membership.name),
                membership.role && element("span.role", {}, roleNames[membership.role] ?? membership.role)),
            element("button.button.quiet.help", { type: "button", click: this.actions.help,
                "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)" }, "?"),
            element("button.button.quiet", { type: "button", id: "sign-out", click: this.actions.signOut },
                "Sign out"));
    }

    /** Marks the place that `path` is in. */
    mark(path) {
        for (const place of this.#links) {
            if (path.startsWith(place.path)) place.link.setAttribute("aria-current", "page");
            else place.link.removeAttribute("aria-current");
        }
    }
}
