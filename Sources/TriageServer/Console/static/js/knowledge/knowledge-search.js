// Asks the knowledge base the way triage does, and shows which passages come back.

import { element } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { Field, select } from "../elements/field.js";
import { score } from "../elements/facts.js";
import { empty, loading, Region } from "../elements/states.js";
import { address } from "../app/router.js";

const modes = [["hybrid", "Meaning and words"], ["vector", "Meaning only"], ["text", "Words only"]];
const counts = [["5", "5 passages"], ["10", "10 passages"], ["20", "20 passages"]];
const queryMax = 1_000;

export class KnowledgeSearch {
    #context;
    #region;
    #query;
    #mode = new Field("mode", "Search by", select(modes, "hybrid"));
    #k = new Field("k", "Show", select(counts, "5"));

    /** @param context of the knowledge page */
    constructor(context) {
        this.#context = context;
        this.#region = new Region(context.signal, "div.results", { id: "kb-results" });
        this.#query = new Field("query", "Question", element("input", { type: "search", maxlength: queryMax,
            placeholder: "How do I change the invoice address?" }), { hideLabel: true });
        const form = element("form.kb-search", { role: "search", "aria-label": "Knowledge base", submit: (event) => {
            event.preventDefault();
            const target = address("/knowledge", { ...context.query,
                q: this.#query.value.trim(), mode: this.#mode.value, k: this.#k.value });
            if (target === location.hash) this.#load();
            else context.go(target);
        } },
        element("div.search-line", {}, element("div.search-box", {}, icon("search"), this.#query.element),
            element("button.button.primary", { type: "submit" }, "Search")),
        element("div.field-row", {}, this.#mode.element, this.#k.element));
        this.element = element("section.card", { "aria-labelledby": "kb-search-heading" },
            element("header.card-head", {}, element("h2", { id: "kb-search-heading" }, "Search")),
            form, this.#region.element);
    }

    focus() { this.#query.control.focus(); }

    /** Takes over the address's question and answers it. */
    show({ q = "", mode = "hybrid", k = "5" }) {
        this.#query.control.value = q;
        this.#mode.control.value = mode;
        this.#k.control.value = k;
        this.#load();
    }

    #load() {
        const { api, organization, signal, announcer } = this.#context;
        const query = this.#query.value.trim();
        if (query === "") return this.#region.load(async () => [], {});
        return this.#region.load(async () => {
            const question = { query, k: Number(this.#k.value), mode: this.#mode.value };
            const { results, backend, took_ms } = await api.retrieve(organization, question, signal);
            announcer.say(`${results.length} passages found`);
            if (results.length === 0) return empty("Nothing found", "Try other words, or search by meaning.");
            return [
                element("p.hint", {}, `${results.length} passages from ${backend} in ${took_ms.toFixed(1)} ms`),
                element("ol.passages", {}, results.map(passage)),
            ];
        }, { placeholder: loading("the passages", 5), keep: true });
    }
}

function passage(result) {
    const href = address(`/knowledge/${result.document_id}`, { chunk: result.chunk_id });
    return element("li", { data: { chunk: result.chunk_id } },
        element("div.passage-head", {},
            element("a", { href }, result.document_title),
            element("span.muted", {}, `passage ${result.chunk_index + 1}`),
            element("span.score", { title: "Similarity: higher is better" }, score(result.score))),
        element("p.passage-text", {}, result.text));
}
