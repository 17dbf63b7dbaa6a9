// The side of a ticket where triage is run, and its suggestion read and decided.

import { element, fill, uniqueID } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { busy, Field, forbid, Form, select } from "../elements/field.js";
import { priorities, priorityName } from "../elements/chip.js";
import { empty, loading, Region } from "../elements/states.js";
import { conflictNote } from "./conflict.js";
import { Passages } from "./passages.js";
import { Progress, progressWords } from "./progress.js";
import { askToReject } from "./rejection.js";
import { modelFailure } from "./provenance.js";
import { proposals, suggestionBody, suggestionHead } from "./suggestion-view.js";
import { TriageRun } from "./triage-run.js";

const draftMax = 100_000;

export class SuggestionPanel {
    #screen;
    #run;
    #progress;
    #region;
    #passages;
    #runButton;
    #reasonID = uniqueID("read-only");
    /** What is shown: the newest suggestion, its buttons, and where a conflict is told. */
    #current = null;
    #buttons = {};
    #notice = element("div.decision-notice", { role: "alert" });
    #events = [];

    /** @param screen the ticket's page: `{ticket, api, membership, teams, announcer, signal, reload()}` */
    constructor(screen) {
        this.#screen = screen;
        this.#region = new Region(screen.signal, "div.suggestion-region");
        this.#progress = new Progress(screen.signal);
        this.#passages = new Passages(screen.api, screen.ticket.organization, screen.signal);
        this.#run = new TriageRun(screen.api, screen.ticket.id, screen.signal, (state) => this.#follow(state));
        this.#runButton = this.#allowed(element("button.button",
            { type: "button", id: "run-triage", title: "Run AI triage (t)", click: () => this.run() },
            icon("spark"), "Run AI triage"));
        this.element = element("section.card.suggestion-panel", { "aria-labelledby": "suggestion-heading" },
            element("header.card-head", {},
                element("h2", { id: "suggestion-heading", tabindex: "-1" }, "AI suggestion"), this.#runButton),
            !screen.membership.mayWrite
                && element("p.hint.read-only-reason", { id: this.#reasonID }, screen.membership.readOnlyReason),
            this.#progress.element, this.#notice, this.#region.element);
    }

    /** @param {Promise<Array>} events of the ticket, newest first */
    async load(events) {
        const { api, ticket, signal } = this.#screen;
        await this.#region.load(async () => {
            const [list, known] = await Promise.all([api.suggestions(ticket.organization, ticket.id, signal), events]);
            this.#events = known;
            this.#joinRunUnderWay(list.results);
            return this.#content(list.results);
        }, { placeholder: loading("the suggestion", 6), keep: true });
    }

    run() {
        if (this.#screen.membership.mayWrite) this.#run.start();
    }

    /** Without `edits`, as it stands; that is for readers, and does nothing while the edit form is open. */
    async approve(edits = null, { force = false } = {}) {
        if (!this.#isDecidable() || (edits === null && this.#isEditing)) return;
        const { api, ticket, announcer } = this.#screen;
        const suggestion = this.#current;
        await this.#decide(this.#buttons.approve, async () => {
            await api.approve(ticket.organization, ticket.id, suggestion.id, { ...edits, ...(force && { force }) });
            const { suggested_team: team, suggested_priority: priority } = { ...suggestion, ...edits };
            announcer.notify(`Approved: ${team ? `${team}, ` : ""}priority ${priorityName(priority).toLowerCase()}.`);
        }, () => this.approve(edits ?? {}, { force: true }));
    }

    reject() {
        if (!this.#isDecidable()) return;
        const { api, ticket, teams, announcer } = this.#screen;
        const suggestion = this.#current;
        askToReject(teams, (decision) => this.#decide(null, async () => {
            await api.reject(ticket.organization, ticket.id, suggestion.id, decision);
            announcer.notify("The suggestion was rejected.");
        }, null));
    }

    /** Turns the proposals and the draft into fields; approving sends what differs. */
    edit() {
        if (!this.#isDecidable() || this.#isEditing) return;
        const { teams } = this.#screen;
        const suggestion = this.#current;
        const team = new Field("suggested_team", "Team", teams.select(suggestion.suggested_team, "No team"));
        const priority = new Field("suggested_priority", "Priority", select(priorities, suggestion.suggested_priority));
        const draft = new Field("draft_reply", "Draft reply",
            element("textarea", { rows: "14", maxlength: draftMax, value: suggestion.draft_reply }));
        const fields = [team, priority, draft];
        const button = element("button.button.primary", { type: "submit", id: "approve-edited" },
            "Approve with changes");
        const cancel = element("button.button", { type: "button", click: () => this.#stopEditing() }, "Cancel");
        const form = new Form(fields, button, () => {
            const edits = {};
            for (const field of fields) {
                const value = field.value === "" && field !== draft ? null : field.value;
                if (value !== (suggestion[field.name] ?? null)) edits[field.name] = value;
            }
            return this.approve(edits);
        }, { "aria-label": "Edit the suggestion" });
        form.element.append(element("div.field-row", {}, team.element, priority.element), draft.element, form.problem,
            element("div.actions", {}, button, cancel));
        form.element.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#stopEditing(); });
        fill(this.#region.element.querySelector(".suggestion-edit"), form.element);
        this.#region.element.querySelector(".suggestion").classList.add("editing");
        team.control.focus();
    }

    #stopEditing() {
        fill(this.#region.element.querySelector(".suggestion-edit"));
        this.#region.element.querySelector(".suggestion")?.classList.remove("editing");
        this.#buttons.edit?.focus();
    }

    #isDecidable() { return this.#screen.membership.mayWrite && this.#current?.status === "pending"; }

    get #isEditing() { return this.element.querySelector("form") !== null; }

    #allowed(button) { return this.#screen.membership.mayWrite ? button : forbid(button, this.#reasonID); }

    /** Sends a decision; a 409 is looked into and told, other errors go to the form that asked, or stay here. */
    async #decide(button, send, force) {
        fill(this.#notice);
        const restore = button ? busy(button) : () => {};
        const before = this.#screen.ticket;
        try {
            await send();
            await this.#screen.reload();
            this.element.querySelector("h2").focus({ preventScroll: true });
        } catch (error) {
            if (this.#screen.signal.aborted) return;
            if (error.name !== "ApiError") throw error;
            if (error.status === 409) {
                const decided = this.#current;
                await this.#screen.reload();
                fill(this.#notice, conflictNote(error, { before, ticket: this.#screen.ticket, decided,
                    current: this.#current, force, dismiss: () => fill(this.#notice) }));
            } else if (button && !this.#isEditing) {
                this.#screen.announcer.notify(error.sentence, "problem");
            } else throw error;
        } finally {
            restore();
        }
    }

    #follow(state) {
        this.#runButton.disabled = this.#run.isUnderWay || !this.#screen.membership.mayWrite;
        this.#progress.show(state, () => state.phase === "left" ? this.#run.resume(this.#run.jobRunID) : this.run());
        const words = progressWords(state);
        if (words) this.#screen.announcer.say(words);
        if (state.phase === "succeeded" || state.phase === "failed") this.#screen.reload();
    }

    /** A run that is on its way when the page opens is shown as if it had been started here. */
    #joinRunUnderWay(suggestions) {
        const last = this.#events.find((event) =>
            ["TRIAGE_ENQUEUED", "TRIAGE_FAILED", "SUGGESTION_CREATED"].includes(event.event_type));
        const id = last?.event_type === "TRIAGE_ENQUEUED" ? last.payload?.job_run_id ?? last.payload?.job_run : null;
        if (id && !suggestions.some((one) => one.job_run === id)) this.#run.resume(id);
    }

    #content(suggestions) {
        this.#current = suggestions[0] ?? null;
        this.#buttons = {};
        const label = suggestions.length > 0 ? "Run again" : "Run AI triage";
        fill(this.#runButton, icon("spark"), label);
        this.#runButton.classList.toggle("primary", suggestions.length === 0);
        if (!this.#current) {
            return empty("No suggestion yet", this.#screen.membership.mayWrite
                ? "Run AI triage to get a team, a priority and a draft reply with its sources."
                : "Nobody has run AI triage on this ticket.");
        }
        const [newest, ...earlier] = suggestions;
        return [
            this.#full(newest),
            earlier.length > 0 && element("details.earlier", {},
                element("summary", {}, `Earlier suggestions (${earlier.length})`),
                earlier.map((one) =>
                    element("div.suggestion.old", { data: { suggestion: one.id } }, this.#reading(one)))),
        ];
    }

    /** @param form where the edit form goes, right under what it edits */
    #reading(suggestion, form = null) {
        const { ticket, membership } = this.#screen;
        return [suggestionHead(suggestion, this.#events, membership.me), modelFailure(suggestion.metadata ?? {}),
            proposals(suggestion, ticket), form, suggestionBody(suggestion, this.#passages, this.#screen)];
    }

    #full(suggestion) {
        const isOpen = suggestion.status === "pending";
        const button = (name, style, words, key, action) => {
            this.#buttons[name] = this.#allowed(element(`button.button${style}`,
                { type: "button", id: `${name}-suggestion`, title: `${words} (${key})`, click: action },
                words, element("kbd", { "aria-hidden": "true" }, key)));
            return this.#buttons[name];
        };
        return element("div.suggestion", { data: { suggestion: suggestion.id, decision: suggestion.status } },
            this.#reading(suggestion, isOpen && element("div.suggestion-edit")),
            isOpen && element("div.decision-bar", {},
                button("approve", ".primary", "Approve", "a", () => this.approve()),
                button("edit", "", "Edit", "e", () => this.edit()),
                button("reject", "", "Reject", "r", () => this.reject())));
    }
}
