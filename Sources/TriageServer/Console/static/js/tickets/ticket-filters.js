// The bar above the ticket list: search, filters, order. The address says the same: it can be shared and gone back to.

import { element } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { Field, select } from "../elements/field.js";
import { priorities, statuses } from "../elements/chip.js";

const orders = [["", "Newest first"], ["id", "Oldest first"], ["-updated_at", "Last changed"],
    ["-priority", "Most urgent"], ["priority", "Least urgent"], ["status", "Status"]];
const pendings = [["", "Any"], ["true", "Awaiting decision"], ["false", "Nothing to decide"]];
/** What the API knows of these: the rest of the address's query is not sent. */
export const filterNames = ["q", "status", "priority", "assigned_team", "has_pending_suggestion", "ordering"];
/** Typing pauses this long before the search runs. */
const typing_ms = 300;

export class TicketFilters {
    #fields;
    #changed;
    #typing = null;
    #toggle;
    #clear;

    /** @param {(query: object, isTyping: boolean) => void} changed */
    constructor(teams, query, changed) {
        this.#changed = changed;
        const listens = { change: () => this.#tell(false) };
        const search = element("input", { type: "search", maxlength: "200",
            placeholder: "Search subject, body, requester", input: () => {
                clearTimeout(this.#typing);
                this.#typing = setTimeout(() => this.#tell(true), typing_ms);
            } });
        this.#fields = {
            q: new Field("q", "Search", search, { hideLabel: true }),
            status: new Field("status", "Status", select([["", "Any"], ...statuses], "", listens)),
            priority: new Field("priority", "Priority", select([["", "Any"], ...priorities], "", listens)),
            assigned_team: new Field("assigned_team", "Team", teams.select(query.assigned_team, "Any", listens)),
            has_pending_suggestion: new Field("has_pending_suggestion", "Suggestion", select(pendings, "", listens)),
            ordering: new Field("ordering", "Order", select(orders, "", listens)),
        };
        const { q, ...rest } = this.#fields;
        const panel = element("div.filter-panel", { id: "filter-panel" },
            Object.values(rest).map((field) => field.element));
        this.#toggle = element("button.button.filter-toggle", { type: "button", "aria-expanded": "false",
            "aria-controls": panel.id, click: () => {
                const isOpen = this.element.classList.toggle("open");
                this.#toggle.setAttribute("aria-expanded", String(isOpen));
            } }, "Filters");
        this.#clear = element("button.button.quiet", { type: "button", id: "clear-filters", click: () => {
            this.show({});
            this.#tell(false);
            search.focus();
        } }, "Clear");
        this.element = element("form.filters", { role: "search", "aria-label": "Tickets",
            submit: (event) => { event.preventDefault(); this.#tell(false); } },
        element("div.search-line", {}, element("div.search-box", {}, icon("search"), q.element), this.#toggle),
        panel, this.#clear);
        this.show(query);
    }

    /** Takes over what the address says. A search being typed is left alone. */
    show(query) {
        for (const [name, field] of Object.entries(this.#fields)) {
            const value = query[name] ?? "";
            if (field.control === document.activeElement && name === "q" && value === field.value.trim()) continue;
            const { control } = field;
            if (control.tagName === "SELECT" && value && ![...control.options].some((o) => o.value === value)) {
                control.append(element("option", { value }, value));
            }
            control.value = value;
            field.refuse([]);
        }
        this.#mark();
    }

    /** Shows a refused filter value at its control. */
    refuse(fields) {
        for (const [name, field] of Object.entries(this.#fields)) field.refuse(fields[name] ?? []);
    }

    focusSearch() {
        this.#fields.q.control.focus();
        this.#fields.q.control.select();
    }

    get isActive() { return filterNames.some((name) => name !== "ordering" && this.#value(name) !== ""); }

    #value(name) { return this.#fields[name].value.trim(); }

    #tell(isTyping) {
        clearTimeout(this.#typing);
        this.#mark();
        this.#changed(Object.fromEntries(filterNames.map((name) => [name, this.#value(name)])), isTyping);
    }

    #mark() {
        const count = filterNames.filter((name) => name !== "q" && this.#value(name) !== "").length;
        this.#toggle.textContent = count > 0 ? `Filters (${count})` : "Filters";
        this.#clear.hidden = !this.isActive && this.#value("ordering") === "";
    }
}
