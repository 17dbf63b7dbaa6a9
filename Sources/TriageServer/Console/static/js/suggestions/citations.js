// The passages that a draft rests on: title and score, the text on demand, and the draft's [n] marks that lead to them.

import { element, fill } from "../elements/element.js";
import { failed, loading, note } from "../elements/states.js";
import { score } from "../elements/facts.js";

export class Citations {
    #items;

    /** @param {import("./passages.js").Passages} passages */
    constructor(citations, passages) {
        this.#items = citations.map((citation, index) => item(citation, index + 1, passages));
        this.element = citations.length > 0
            ? element("ol.citations", {}, this.#items.map((details) => element("li", {}, details)))
            : element("p.muted", {}, "No passage of the knowledge base was close enough to cite.");
    }

    /** The draft as text, its "[2]" as buttons that open the second passage. */
    draft(text) {
        const parts = [];
        let end = 0;
        for (const match of text.matchAll(/\[(\d{1,2})\]/g)) {
            const cited = this.#items[Number(match[1]) - 1];
            if (!cited) continue;
            parts.push(text.slice(end, match.index), element("button.mark", { type: "button",
                "aria-label": `Passage ${match[1]}`, click: () => open(cited) }, match[1]));
            end = match.index + match[0].length;
        }
        return element("div.draft", {}, parts, text.slice(end));
    }
}

function open(details) {
    details.open = true;
    details.querySelector("summary").focus();
}

function item(citation, number, passages) {
    const body = element("div.passage");
    let isLoaded = false;
    const load = async () => {
        fill(body, loading("the passage", 3));
        try {
            const text = await passages.text(citation);
            const address = `#/knowledge/${citation.document_id}?chunk=${citation.chunk_id}`;
            fill(body, text === null
                ? note("warning", element("p", {}, "This passage is gone: the document was changed or removed since."))
                : element("blockquote", {}, text),
            element("a", { href: address }, "Open the document"));
            isLoaded = true;
        } catch (error) {
            if (error.name === "ApiError") fill(body, failed(error, load));
        }
    };
    return element("details.citation", { data: { chunk: citation.chunk_id }, toggle: ({ target }) => {
        if (target.open && !isLoaded) load();
    } },
    element("summary", {}, element("span.mark", { "aria-hidden": "true" }, String(number)),
        element("span.citation-title", {}, citation.document_title),
        element("span.citation-where", {}, `passage ${citation.chunk_index + 1}`),
        element("span.score", { title: "Similarity: higher is better" }, score(citation.score))),
    body);
}
