// The page of the API: fetches the OpenAPI document and shows it, chapter by chapter.

import { element, fill } from "../js/elements/element.js";
import { operationView } from "./operation.js";
import { prose } from "./prose.js";
import { Search } from "./search.js";

const found = document.getElementById("found");

try {
    const answer = await fetch("/api/schema/", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`/api/schema/ answered ${answer.status}`);
    show(await answer.json());
} catch (error) {
    found.textContent = `The document could not be loaded: ${error.message}. Load the page again.`;
}

function show(api) {
    document.getElementById("version").textContent = `${api.info.version} · OpenAPI ${api.openapi}`;
    const operations = Object.entries(api.paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
    const chapters = api.tags.map((tag) => ({
        tag, operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
    })).filter((chapter) => chapter.operations.length > 0);

    const views = chapters.map((chapter) => chapterView(api, chapter));
    fill(document.getElementById("chapters"), views.map((view) => view.contents));
    document.getElementById("operations").append(
        element("section.intro", {}, element("h1", {}, api.info.title), prose(`${api.info.summary}\n\n${api.info.description}`)),
        ...views.map((view) => view.section));
    const search = new Search(document.getElementById("search"), found, views);
    search.apply();
    addEventListener("hashchange", openNamed);
    openNamed();
}

function chapterView(api, { tag, operations }) {
    const entries = operations.map((one) => {
        const id = one.operation.operationId;
        return {
            view: operationView(api, one),
            link: element("li", {}, element("a", { href: `#${id}`, title: `${one.method.toUpperCase()} ${one.path}` },
                one.operation.summary, one.path.startsWith("/api/organizations/") && id.endsWith("InOrganization")
                    && element("span.muted", {}, " (in organisation)"))),
            text: [one.method, one.path, id, one.operation.summary, tag.name].join(" ").toLowerCase(),
        };
    });
    return {
        entries,
        contents: element("section", {}, element("h2", {}, tag.name), element("ul", {}, entries.map((entry) => entry.link))),
        section: element("section.chapter", { "aria-label": tag.name },
            element("h2", {}, tag.name), element("p.muted", {}, tag.description), entries.map((entry) => entry.view)),
    };
}

/** Opens the operation that the address names. */
function openNamed() {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!named?.matches("details.operation")) return;
    named.open = true;
    named.scrollIntoView({ block: "start" });
    named.querySelector("summary").focus({ preventScroll: true });
}
