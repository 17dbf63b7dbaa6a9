// What a 409 means to the person who decided: somebody was faster, or the ticket is no longer the one that was triaged.

import { element } from "../elements/element.js";
import { note } from "../elements/states.js";
import { decisionName, priorityName, statusName } from "../elements/chip.js";

/** The ticket's fields: what each is called, how a value reads, and the suggestion's name for it. */
const fields = {
    assigned_team: ["Team", (value) => value || "Unassigned", "suggested_team"],
    priority: ["Priority", priorityName, "suggested_priority"],
    status: ["Status", statusName, null],
    subject: ["Subject", String, null],
    body: ["Message", () => "changed", null],
};

/**
 * @param {import("../api/error.js").ApiError} error the 409
 * @param facts `before` and `ticket`: the ticket as it was shown and as it is; `decided`: the suggestion that was to be
 *   decided; `current`: the one shown now; `force`: decides in spite of it, or null; `dismiss`
 */
export function conflictNote(error, { before, ticket, decided, current, force, dismiss }) {
    const isStillOpen = current?.id === decided?.id && current?.status === "pending";
    if (!isStillOpen) {
        const outcome = current?.id === decided?.id
            ? `The suggestion was ${decisionName(current.status).toLowerCase()} meanwhile.` : error.message;
        return note("warning", element("p", {}, element("strong", {}, "Somebody else was faster."),
            ` ${outcome} Nothing of yours was applied; what you see now is the current state.`),
        element("div.actions", {}, element("button.button", { type: "button", click: dismiss }, "All right")));
    }
    const changed = changedFields(error, before, ticket);
    return note("warning",
        element("p", {}, element("strong", {}, "Somebody changed the ticket since this suggestion was made."),
            changed.length === 0 && ` ${error.message}`),
        changed.length > 0 && element("table.conflict", {},
            element("thead", {}, element("tr", {}, element("td"),
                ["On the ticket now", "Suggested"].map((name) => element("th", { scope: "col" }, name)))),
            element("tbody", {}, changed.map((name) => {
                const [label, words, proposal] = fields[name];
                return element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, words(ticket[name])),
                    element("td", {}, proposal ? words(decided[proposal]) : "–"));
            }))),
        element("div.actions", {},
            force && element("button.button.danger", { type: "button", id: "approve-anyway", click: force },
                "Approve anyway"),
            element("button.button", { type: "button", click: dismiss }, "Leave it open")));
}

/** Those that the server names, in the list it gives or in its sentence; else those that differ from what was shown. */
function changedFields(error, before, ticket) {
    const known = Object.keys(fields);
    const listed = [error.body?.fields ?? []].flat().filter((name) => known.includes(name));
    if (listed.length > 0) return listed;
    const spoken = known.filter((name) => new RegExp(`\\b${name}\\b`).test(error.message));
    if (spoken.length > 0) return spoken;
    return known.filter((name) => before[name] !== ticket[name]);
}
