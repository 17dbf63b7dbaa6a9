// The ticket list: what agents come back to all day.

import { element, fill } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { pagination } from "../elements/pagination.js";
import { empty, loading, note, Region } from "../elements/states.js";
import { address } from "../app/router.js";
import { filterNames, TicketFilters } from "./ticket-filters.js";
import { TicketTable } from "./ticket-table.js";

const pageSize = 20;

export function ticketListPage(context) {
    const { api, organization, membership, memory, signal, announcer } = context;
    if (!organization) return { title: "Tickets", element: nowhere() };

    let query = context.query;
    let table = null;
    const count = element("span.count");
    const region = new Region(signal, "div.ticket-region");
    const filters = new TicketFilters(context.teams, query, (chosen, isTyping) => {
        const target = address("/tickets", chosen);
        // Typing replaces the address: a search is one step back, not one per letter.
        if (isTyping) {
            history.replaceState(null, "", target);
            update(chosen);
        } else if (target === location.hash) update(chosen);
        else location.hash = target;
    });

    async function tickets() {
        const page = Number(query.page) || 1;
        const asked = Object.fromEntries(filterNames.map((name) => [name, query[name]]));
        table = null;
        let list;
        try {
            list = await api.tickets(organization, { ...asked, page, page_size: pageSize }, signal);
        } catch (error) {
            fill(count);
            if (error.kind === "missing" && page > 1) return pastTheEnd();
            if (Object.keys(error.fields ?? {}).length > 0) filters.refuse(error.fields);
            throw error;
        }
        fill(count, String(list.count));
        announcer.say(list.count === 1 ? "1 ticket" : `${list.count} tickets`);
        memory.ticketIDs = list.results.map((ticket) => ticket.id);
        memory.listAddress = address("/tickets", withoutFocus(query));
        if (list.results.length === 0) return nothing();
        table = new TicketTable(list.results);
        return [table.element, pagination(list, page, pageSize, (n) =>
            address("/tickets", { ...asked, page: n > 1 ? n : "" }))];
    }

    async function load() {
        await region.load(tickets, { placeholder: loading("tickets", 8), keep: true });
        if (signal.aborted || memory.opened === null) return;
        // Back from a ticket: its row is where the reader was.
        const at = memory.ticketIDs.indexOf(memory.opened);
        memory.opened = null;
        if (at >= 0 && !filters.element.contains(document.activeElement)) table?.focus(at);
    }

    function update(newQuery) {
        query = newQuery;
        filters.show(query);
        takeSearchFocus();
        load();
    }

    function takeSearchFocus() {
        if (query.focus !== "search") return;
        query = withoutFocus(query);
        history.replaceState(null, "", address("/tickets", query));
        // After the router has put the page in place and the focus on its heading.
        queueMicrotask(() => filters.focusSearch());
    }

    const pastTheEnd = () => empty("There is no such page", "The list has become shorter since.",
        element("a.button", { href: address("/tickets", { ...query, page: "" }) }, "Go to the first page"));

    const nothing = () => filters.isActive
        ? empty("No ticket matches", "Try other words, or clear a filter.",
            element("a.button", { href: "#/tickets" }, "Show all tickets"))
        : empty("No tickets yet", "New ones appear here as soon as somebody writes.",
            membership.mayWrite && element("a.button.primary", { href: "#/tickets/new" }, "New ticket"));

    takeSearchFocus();
    load();
    return {
        title: "Tickets",
        keys: { j: () => table?.move(1), k: () => table?.move(-1), "/": () => filters.focusSearch() },
        update,
        element: element("div.page.list-page", {},
            element("div.page-head", {},
                element("h1", { tabindex: "-1" }, "Tickets ", count),
                element("button.button.quiet", { type: "button", click: load }, "Refresh"),
                membership.mayWrite
                    ? element("a.button.primary", { href: "#/tickets/new", id: "new-ticket" },
                        icon("plus"), "New ticket")
                    : element("span.read-only", { title: membership.readOnlyReason }, "Read only")),
            filters.element, region.element),
    };
}

const withoutFocus = ({ focus: _, ...rest }) => rest;

const nowhere = () => element("div.page", {}, element("h1", { tabindex: "-1" }, "Tickets"),
    note("info", element("p", {}, "You do not belong to an organisation yet. Ask an admin to add you.")));
