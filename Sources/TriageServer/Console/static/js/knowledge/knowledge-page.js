// The knowledge base: search on top, its documents below.

import { element } from "../elements/element.js";
import { icon } from "../elements/icon.js";
import { pagination } from "../elements/pagination.js";
import { empty, loading, note, Region } from "../elements/states.js";
import { time } from "../elements/time.js";
import { address } from "../app/router.js";
import { KnowledgeSearch } from "./knowledge-search.js";

const pageSize = 20;
const indexStatuses = { indexed: ["accepted", "Searchable"], pending: ["pending", "Being indexed"] };

export function indexChip(status) {
    const [shape, words] = indexStatuses[status] ?? ["info", status];
    return element("span.chip", { data: { index: status } }, icon(shape), element("span", {}, words));
}

export function knowledgePage(context) {
    const { api, organization, membership, signal } = context;
    const title = "Knowledge";
    const heading = element("h1", { tabindex: "-1" }, title);
    if (!organization) {
        const nowhere = note("info", element("p", {}, "You do not belong to an organisation yet."));
        return { title, element: element("div.page", {}, heading, nowhere) };
    }
    const search = new KnowledgeSearch(context);
    const documents = new Region(signal, "div", { id: "documents" });

    function showDocuments(query) {
        const page = Number(query.page) || 1;
        documents.load(async () => {
            const list = await api.documents(organization, page, signal);
            if (list.results.length === 0) {
                return empty("No documents yet", "Triage cites what it finds here: policies, how-tos, canned replies.",
                    membership.mayWrite && element("a.button.primary", { href: "#/knowledge/new" }, "Add a document"));
            }
            return [
                element("ul.documents", {}, list.results.map((one) => element("li", {},
                    element("a", { href: `#/knowledge/${one.id}` }, one.title),
                    indexChip(one.index_status), time(one.updated_at ?? one.created_at)))),
                pagination(list, page, pageSize, (n) => address("/knowledge", { ...query, page: n > 1 ? n : "" })),
            ];
        }, { placeholder: loading("the documents", 8), keep: true });
    }

    let shown = null;
    function update(query) {
        context.query = query;
        if (shown === null || ["q", "mode", "k"].some((name) => shown[name] !== query[name])) search.show(query);
        if (shown === null || shown.page !== query.page) showDocuments(query);
        shown = query;
    }
    update(context.query);

    return {
        title, update,
        keys: { "/": () => search.focus() },
        element: element("div.page.knowledge-page", {},
            element("div.page-head", {}, heading, membership.mayWrite
                ? element("a.button.primary", { href: "#/knowledge/new", id: "new-document" },
                    icon("plus"), "Add a document")
                : element("span.read-only", { title: membership.readOnlyReason }, "Read only")),
            search.element,
            element("section.card", { "aria-labelledby": "documents-heading" },
                element("header.card-head", {}, element("h2", { id: "documents-heading" }, "Documents")),
                documents.element)),
    };
}
