// One suggestion to read: what is proposed, how sure, why, and on what it rests.

import { element, uniqueID } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { decisionChip, priorityChip, teamChip } from "../elements/chip.js";
import { percent } from "../elements/facts.js";
import { time } from "../elements/time.js";
import { actorName, decisionEvent } from "../tickets/timeline.js";
import { Citations } from "./citations.js";
import { engineName, provenance, reasonList, similarTickets } from "./provenance.js";

function confidence(value) {
    const words = percent(value);
    if (words === null) return element("span.muted", {}, "Not calibrated yet");
    return element("span.confidence", {},
        element("meter", { min: "0", max: "1", value, "aria-label": "Confidence" }), element("span", {}, words));
}

/** The proposed value; beside it the ticket's own while it is another and the decision is open. */
function proposal(name, proposed, current, isOpen) {
    return element("div", {}, element("dt", {}, name), element("dd", {}, proposed,
        isOpen && current && element("span.now", {}, "now ", current)));
}

function part(title, ...content) {
    const id = uniqueID("part");
    return element("section.part", { "aria-labelledby": id }, element("h3", { id }, title), content);
}

function copyButton(text, announcer) {
    if (!navigator.clipboard) return null; // plain HTTP from another host
    return element("button.button.quiet.small", { type: "button", click: async () => {
        try {
            await navigator.clipboard.writeText(text);
            announcer.notify("The draft was copied.");
        } catch {
            announcer.notify("The browser did not allow copying.", "problem");
        }
    } }, icon("copy"), "Copy");
}

/** The line under the heading: status, age, engine, and who decided. */
export function suggestionHead(suggestion, events, me) {
    const isOpen = suggestion.status === "pending";
    const decided = isOpen ? null : decisionEvent(events, suggestion);
    const decider = decided && actorName(decided, me).replace(/^You$/, "you");
    return element("p.suggestion-line", {}, decisionChip(suggestion.status),
        element("span", {}, decided ? [`by ${decider}, `, time(decided.created_at)]
            : isOpen ? ["made ", time(suggestion.created_at)] : [time(suggestion.updated_at)]),
        element("span", {}, engineName(suggestion.metadata ?? {})));
}

export function proposals(suggestion, ticket) {
    const isOpen = suggestion.status === "pending";
    const { suggested_team: team, suggested_priority: priority } = suggestion;
    return element("dl.proposals", {},
        proposal("Team", team ? teamChip(team) : element("span.muted", {}, "No team stands out"),
            team !== ticket.assigned_team && (ticket.assigned_team ?? "unassigned"), isOpen),
        proposal("Priority", priorityChip(priority), priority !== ticket.priority && ticket.priority, isOpen),
        proposal("Confidence", confidence(suggestion.confidence), null, false));
}

/** Everything below the proposals. `screen` is the ticket's page. */
export function suggestionBody(suggestion, passages, screen) {
    const metadata = suggestion.metadata ?? {};
    const citations = new Citations(suggestion.citations ?? [], passages);
    const reasons = reasonList(metadata);
    return [
        reasons && part("Why", reasons),
        element("section.part.draft-part", { "aria-label": "Draft reply" },
            element("div.part-head", {}, element("h3", {}, "Draft reply"),
                suggestion.draft_reply && copyButton(suggestion.draft_reply, screen.announcer)),
            suggestion.draft_reply ? citations.draft(suggestion.draft_reply) : element("p.muted", {}, "No draft.")),
        part("Cited passages", citations.element),
        part("Similar decided tickets", similarTickets(metadata)),
        provenance(suggestion),
    ];
}
