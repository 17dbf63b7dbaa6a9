// A page of tickets as rows, with one of them current for the keys.

import { element } from "../elements/element.js";
import { priorityChip, statusChip, teamChip } from "../elements/chip.js";
import { time } from "../elements/time.js";

export class TicketTable {
    #links;

    constructor(tickets) {
        const rows = tickets.map((ticket) => row(ticket));
        this.#links = rows.map((made) => made.querySelector("a"));
        // Narrow screens turn the table into cards, and browsers drop the roles with the layout: they are written out.
        this.element = element("table.tickets", { role: "table", "aria-label": "Tickets" },
            element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
                ["Priority", "Subject", "Team", "Status", "Updated"].map((name) =>
                    element("th", { scope: "col", role: "columnheader" }, name)))),
            element("tbody", { role: "rowgroup" }, rows));
    }

    /** Moves the focus by `step` rows; from nowhere to the first. */
    move(step) {
        const at = this.#links.findIndex((link) => link.closest("tr").contains(document.activeElement));
        const to = at < 0 ? 0 : Math.min(this.#links.length - 1, Math.max(0, at + step));
        this.focus(to);
    }

    focus(index) {
        this.#links[index]?.focus();
        this.#links[index]?.closest("tr").scrollIntoView({ block: "nearest" });
    }
}

function row(ticket) {
    const cell = (name, ...children) => element(`td.${name}`, { role: "cell" }, children);
    const link = element("a", { href: `#/tickets/${ticket.id}` }, ticket.subject);
    return element("tr", { role: "row", data: { ticket: ticket.id }, click: (event) => {
        // The whole row opens, but a selection of text or a click on the link itself is left to the browser.
        if (!event.target.closest("a") && String(getSelection()) === "") link.click();
    } },
    cell("priority", priorityChip(ticket.priority)),
    cell("subject", link, element("span.under", {},
        element("span.number", {}, `#${ticket.id}`), " ", element("span.requester", {}, ticket.requester_email))),
    cell("team", teamChip(ticket.assigned_team)),
    cell("status", statusChip(ticket.status)),
    cell("updated", time(ticket.updated_at)));
}
