// One ticket: what the customer wrote, what triage suggests, what has happened.

import { element, fill } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { focusHeading, loading, missing, Region } from "../elements/states.js";
import { fullTime, time } from "../elements/time.js";
import { SuggestionPanel } from "../suggestions/suggestion-panel.js";
import { Teams } from "./teams.js";
import { TicketProperties } from "./ticket-properties.js";
import { timeline } from "./timeline.js";

export function ticketPage(context) {
    const { signal, memory, params, go } = context;
    memory.opened = params.id;
    const region = new Region(signal, "div.page.ticket-page");
    let screen = null;
    region.load(async () => {
        const found = await context.api.ticket(params.id, signal).catch((error) => {
            if (error.kind !== "missing") throw error;
            return null;
        });
        if (!found) return missing("ticket", backLink(memory));
        screen = new TicketScreen(context, found.ticket, found.etag);
        return screen.parts;
    }, { placeholder: [backLink(memory), loading("the ticket", 8)] }).then(() => focusHeading(region.element));

    const step = (by) => () => {
        const next = memory.ticketIDs[memory.ticketIDs.indexOf(params.id) + by];
        if (memory.ticketIDs.includes(params.id) && next !== undefined) go(`#/tickets/${next}`);
        else context.announcer.say(`This is the ${by > 0 ? "last" : "first"} ticket of the list`);
    };
    return {
        title: `Ticket #${params.id}`,
        element: region.element,
        keys: {
            j: step(1), k: step(-1), u: () => go(memory.listAddress),
            t: () => screen?.panel.run(), a: () => screen?.panel.approve(),
            e: () => screen?.panel.edit(), r: () => screen?.panel.reject(),
        },
    };
}

const backLink = (memory) =>
    element("a.back", { href: memory.listAddress }, icon("back"), "Tickets");

/** The parts of the page, and the one place that reloads them together. */
class TicketScreen {
    #head = element("header.ticket-head");
    #conversation = element("article.card.conversation", { "aria-label": "Conversation" });
    #events;

    constructor(context, ticket, etag) {
        this.context = context;
        this.api = context.api;
        this.announcer = context.announcer;
        this.signal = context.signal;
        this.membership = context.membership.in(ticket.organization);
        this.teams = ticket.organization === context.organization
            ? context.teams : new Teams(this.api, ticket.organization);
        this.#take(ticket, etag);
        this.#events = new Region(this.signal);
        this.panel = new SuggestionPanel(this);
        this.parts = [
            this.#head,
            element("div.ticket-columns", {},
                this.#conversation, this.panel.element,
                element("section.card.activity", { "aria-labelledby": "activity-heading" },
                    element("header.card-head", {}, element("h2", { id: "activity-heading" }, "Activity")),
                    this.#events.element)),
        ];
        this.#showEvidence();
    }

    /** Asks for everything again: after a decision, a run, a conflict. */
    async reload() {
        try {
            const { ticket, etag } = await this.api.ticket(this.ticket.id, this.signal);
            this.#take(ticket, etag);
        } catch (error) {
            if (!this.signal.aborted) this.announcer.notify(error.sentence ?? error.message, "problem");
        }
        await this.#showEvidence();
    }

    /** Events and suggestions; the suggestion's "approved by" is told by an event, so the panel gets both. */
    async #showEvidence() {
        const events = this.api.events(this.ticket.id, 1, this.signal);
        events.catch(() => {}); // shown by the region below; the panel does without
        await Promise.all([
            this.#events.load(async () => timeline(await events, (page) =>
                this.api.events(this.ticket.id, page, this.signal), this.membership.me),
            { placeholder: loading("the activity"), keep: true }),
            this.panel.load(events.then((list) => list.results, () => [])),
        ]);
    }

    #take(ticket, etag) {
        this.ticket = ticket;
        this.etag = etag;
        this.context.setTitle(`#${ticket.id} ${ticket.subject}`);
        const hadFocus = this.#head.contains(document.activeElement);
        this.properties = new TicketProperties(this);
        fill(this.#head,
            backLink(this.context.memory),
            element("h1", { tabindex: "-1" }, ticket.subject),
            element("p.under", {}, element("span.number", {}, `#${ticket.id}`), " · ",
                element("span.requester", {}, ticket.requester_email), " · ", "opened ", time(ticket.created_at),
                " · ", "changed ", time(ticket.updated_at)),
            this.properties.element);
        if (hadFocus) this.properties.change.focus();
        fill(this.#conversation,
            element("header.message-head", {},
                element("span.from", {}, ticket.requester_email),
                element("span.when", {}, fullTime(new Date(ticket.created_at)))),
            element("div.message", {}, ticket.body));
    }
}
