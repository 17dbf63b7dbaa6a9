// One document to read, whole or as the passages that search sees.

import { element, fill } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { facts, json } from "../elements/facts.js";
import { busy } from "../elements/field.js";
import { failed, focusHeading, loading, missing, Region } from "../elements/states.js";
import { time } from "../elements/time.js";
import { indexChip } from "./knowledge-page.js";

export function documentPage(context) {
    const { api, organization, params, query, signal, setTitle } = context;
    const region = new Region(signal, "div.page.document-page");
    const wanted = Number(query.chunk) || null;
    region.load(async () => {
        const document = await api.document(organization, params.id, signal).catch((error) => {
            if (error.kind !== "missing") throw error;
            return null;
        });
        if (!document) return missing("document", back());
        setTitle(document.title);
        const passages = new PassageList(context, document, wanted);
        if (wanted !== null) passages.load();
        const hasMetadata = document.metadata && Object.keys(document.metadata).length > 0;
        return [
            back(),
            element("h1", { tabindex: "-1" }, document.title),
            element("p.under", {}, indexChip(document.index_status), " · changed ", time(document.updated_at)),
            wanted !== null && passages.element,
            element("article.card.document-text", { "aria-label": "Text" }, document.text),
            wanted === null && passages.element,
            hasMetadata && element("details.card", {}, element("summary", {}, "Metadata"),
                facts(Object.entries(document.metadata).map(([name, value]) =>
                    [name, typeof value === "object" ? json(value) : String(value)]))),
        ];
    }, { placeholder: [back(), loading("the document", 12)] }).then(() => focusHeading(region.element));
    return { title: "Document", element: region.element };
}

const back = () => element("a.back", { href: "#/knowledge" }, icon("back"), "Knowledge");

/** The document's chunks, loaded when they are wanted; a cited one is marked and scrolled to. */
class PassageList {
    #context;
    #document;
    #wanted;
    #list = element("ol.passages");
    #foot = element("div");
    #page = 0;
    #hasScrolled = false;

    constructor(context, document, wanted) {
        this.#context = context;
        this.#document = document;
        this.#wanted = wanted;
        this.element = element("details.card.chunk-list", { open: wanted !== null, toggle: ({ target }) => {
            if (target.open && this.#page === 0) this.load();
        } },
        element("summary", {}, wanted === null ? "Passages, as search sees them" : "The cited passage and the others"),
        this.#list, this.#foot);
    }

    async load() {
        const { api, organization, signal } = this.#context;
        this.#page += 1;
        fill(this.#foot, loading("the passages", 4));
        try {
            const answer = await api.chunks(organization, this.#document.id, this.#page, signal);
            this.#list.append(...answer.results.map((chunk) => this.#item(chunk)));
            const cited = this.#list.querySelector("[aria-current]");
            if (this.#wanted !== null && !cited && answer.next !== null) return this.load();
            const more = ({ currentTarget }) => {
                busy(currentTarget);
                this.load();
            };
            fill(this.#foot, answer.next !== null
                && element("button.button", { type: "button", click: more }, "Show more passages"));
            if (cited && !this.#hasScrolled) {
                this.#hasScrolled = true;
                cited.scrollIntoView({ block: "center" });
            }
        } catch (error) {
            if (signal.aborted) return;
            this.#page -= 1;
            fill(this.#foot, failed(error, () => this.load()));
        }
    }

    #item(chunk) {
        const isWanted = chunk.id === this.#wanted;
        return element("li", { data: { chunk: chunk.id }, "aria-current": isWanted ? "true" : null },
            element("div.passage-head", {}, element("strong", {}, `Passage ${chunk.chunk_index + 1}`),
                element("span.muted", {}, `characters ${chunk.char_start}–${chunk.char_end}`)),
            element("p.passage-text", {}, chunk.text));
    }
}
