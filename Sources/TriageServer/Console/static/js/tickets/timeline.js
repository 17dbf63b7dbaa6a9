// A ticket's events as sentences, newest first; what they carry is one click away.

import { element, fill } from "../elements/element.js";
import { busy } from "../elements/field.js";
import { json } from "../elements/facts.js";
import { failed } from "../elements/states.js";
import { time } from "../elements/time.js";
import { priorityName, statusName } from "../elements/chip.js";

/** Per type: the words, and how its values are named. */
const kinds = {
    TICKET_CREATED: ["Ticket created"],
    STATUS_CHANGED: ["Status changed", statusName],
    PRIORITY_CHANGED: ["Priority changed", priorityName],
    ASSIGNED_TEAM_CHANGED: ["Team changed", (team) => team || "Unassigned"],
    COMMENT_ADDED: ["Comment added"],
    TRIAGE_ENQUEUED: ["AI triage requested"],
    TRIAGE_FAILED: ["AI triage failed"],
    SUGGESTION_CREATED: ["Suggestion made"],
    SUGGESTION_EDITED: ["Suggestion edited"],
    SUGGESTION_APPROVED: ["Suggestion approved"],
    SUGGESTION_REJECTED: ["Suggestion rejected"],
    AUTO_APPLIED: ["Suggestion applied automatically"],
};

const actors = { system: "System", ai: "AI triage", webhook: "Webhook" };

/** Who an event is by: "you", a name when the answer has one, or the user's number. */
export function actorName(event, me) {
    if (event.actor_type !== "user") return actors[event.actor_type] ?? event.actor_type;
    const user = event.actor_user;
    if (user && typeof user === "object") return user.id === me.id ? "You" : user.username ?? `User ${user.id}`;
    if (user === me.id || user === me.username) return "You";
    return typeof user === "string" ? user : user ? `User ${user}` : "A user";
}

/** The event that decided `suggestion`, if it is among `events`. */
export function decisionEvent(events, suggestion) {
    const types = suggestion.status === "accepted" ? ["SUGGESTION_APPROVED", "AUTO_APPLIED"] : ["SUGGESTION_REJECTED"];
    return events.find((event) => types.includes(event.event_type)
        && (event.payload?.suggestion_id ?? event.payload?.suggestion) === suggestion.id);
}

function values(event) {
    const name = kinds[event.event_type]?.[1];
    const payload = event.payload ?? {};
    const [from, to] = ["from" in payload ? payload.from : payload.old, "to" in payload ? payload.to : payload.new];
    if (!name || (from === undefined && to === undefined)) return null;
    return element("span.change", {}, from !== undefined && [element("span.from", {}, name(from)), " → "],
        element("strong", {}, name(to)));
}

/** The words a person left: a comment, a reason for rejecting, why triage failed. */
function words(event) {
    const text = event.payload?.reason ?? event.payload?.comment ?? event.payload?.text ?? event.payload?.error;
    return typeof text === "string" && text !== "" ? element("p.words", {}, text) : null;
}

function item(event, me) {
    const hasPayload = event.payload && Object.keys(event.payload).length > 0;
    return element("li", { data: { event: event.event_type, actor: event.actor_type } },
        element("div.what", {},
            element("span.title", {}, kinds[event.event_type]?.[0] ?? event.event_type), values(event)),
        words(event),
        element("div.by", {}, element("span", {}, actorName(event, me)), " · ", time(event.created_at),
            hasPayload && element("details", {}, element("summary", {}, "Details"),
                json(event.payload, { "aria-label": "What the event carries" }))));
}

/**
 * @param first the first page of events; @param loadPage gives another one
 */
export function timeline(first, loadPage, me) {
    const list = element("ol.timeline", {}, first.results.map((event) => item(event, me)));
    const foot = element("div");
    let page = 1;
    const offer = (hasMore) => fill(foot, hasMore
        && element("button.button", { type: "button", click: more }, "Show earlier events"));
    async function more(click) {
        const restore = busy(click.currentTarget);
        try {
            const answer = await loadPage(page + 1);
            page += 1;
            const known = list.children.length;
            list.append(...answer.results.map((event) => item(event, me)));
            offer(answer.next !== null);
            list.children[known]?.querySelector("summary")?.focus();
        } catch (error) {
            if (error.name !== "AbortError") fill(foot, failed(error, more));
        } finally {
            restore();
        }
    }
    offer(first.next !== null);
    return [list, foot];
}
