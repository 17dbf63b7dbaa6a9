// Status, priority and team by hand, guarded by the ticket's ETag.

import { element, fill } from "../elements/element.js";
import { Field, Form, select } from "../elements/field.js";
import { priorities, priorityChip, statusChip, statuses, teamChip } from "../elements/chip.js";

export class TicketProperties {
    element = element("div.properties");
    #screen;

    /** @param screen `{ticket, etag, teams, membership, api, announcer, reload}` of the ticket's page */
    constructor(screen) {
        this.#screen = screen;
        this.show();
    }

    show() {
        const { ticket, membership } = this.#screen;
        this.change = element("button.button.quiet", { type: "button", id: "change-ticket", click: () => this.edit() },
            "Change");
        fill(this.element, statusChip(ticket.status), priorityChip(ticket.priority), teamChip(ticket.assigned_team),
            membership.mayWrite && this.change);
    }

    edit() {
        const { ticket, teams, api, announcer } = this.#screen;
        const status = new Field("status", "Status", select(statuses, ticket.status));
        const priority = new Field("priority", "Priority", select(priorities, ticket.priority));
        const team = new Field("assigned_team", "Team", teams.select(ticket.assigned_team, "Unassigned"));
        const fields = [status, priority, team];
        const button = element("button.button.primary", { type: "submit" }, "Save");
        const form = new Form(fields, button, async () => {
            const changes = {};
            for (const field of fields) {
                const value = field.value === "" ? null : field.value;
                if (value !== (ticket[field.name] ?? null)) changes[field.name] = value;
            }
            if (Object.keys(changes).length > 0) {
                try {
                    await api.changeTicket(ticket.id, changes, this.#screen.etag);
                } catch (error) {
                    if (error.status !== 412) throw error;
                    announcer.notify("Somebody changed this ticket meanwhile. These are its values now.", "problem");
                    return this.#screen.reload();
                }
                announcer.notify("The ticket was changed.");
                await this.#screen.reload();
            }
            this.#close();
        }, { "aria-label": "Change the ticket" });
        form.element.append(...fields.map((field) => field.element), element("div.actions", {}, button,
            element("button.button", { type: "button", click: () => this.#close() }, "Cancel")), form.problem);
        form.element.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
        fill(this.element, form.element);
        status.control.focus();
    }

    #close() {
        this.show();
        this.change.focus();
    }
}
