// The form for a ticket that came by telephone or over the counter.

import { element } from "../elements/element.js";
import { Field, Form, select } from "../elements/field.js";
import { priorities } from "../elements/chip.js";
import { note } from "../elements/states.js";

/** The API's limits; it checks them itself. */
const subjectMax = 250, bodyMax = 100_000, emailMax = 254;

export function newTicketPage({ api, organization, membership, announcer, go }) {
    const title = "New ticket";
    const head = element("h1", { tabindex: "-1" }, title);
    if (!membership.mayWrite) {
        const reason = note("info", element("p", {}, membership.readOnlyReason));
        return { title, element: element("div.page.narrow", {}, head, reason) };
    }
    const email = new Field("requester_email", "Requester's email",
        element("input", { type: "email", autocomplete: "off", spellcheck: "false", required: true,
            maxlength: emailMax }));
    const subject = new Field("subject", "Subject",
        element("input", { type: "text", required: true, maxlength: subjectMax, autocomplete: "off" }));
    const body = new Field("body", "Message", element("textarea", { rows: "12", required: true, maxlength: bodyMax }),
        { hint: "What the customer wrote or said, in their words." });
    const priority = new Field("priority", "Priority", select(priorities, "medium"),
        { hint: "Triage proposes one; this stands until somebody approves it." });
    const button = element("button.button.primary", { type: "submit", id: "create-ticket" }, "Create ticket");
    const fields = [email, subject, body, priority];
    const form = new Form(fields, button, async () => {
        const ticket = await api.createTicket({ organization_id: organization,
            requester_email: email.value.trim(), subject: subject.value.trim(), body: body.value,
            priority: priority.value });
        announcer.notify(`Ticket #${ticket.id} was created.`);
        go(`#/tickets/${ticket.id}`);
    });
    form.element.append(...fields.map((field) => field.element), form.problem,
        element("div.actions", {}, button, element("a.button", { href: "#/tickets" }, "Cancel")));
    return { title, element: element("div.page.narrow", {}, head, element("div.card", {}, form.element)) };
}
