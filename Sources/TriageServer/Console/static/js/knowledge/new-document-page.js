// The form for a new document of the knowledge base.

import { element } from "../elements/element.js";
import { Field, Form } from "../elements/field.js";
import { note } from "../elements/states.js";

/** The API's limits; it checks them itself. */
const titleMax = 255, textMax = 1_000_000;

export function newDocumentPage({ api, organization, membership, announcer, go }) {
    const title = "Add a document";
    const head = element("h1", { tabindex: "-1" }, title);
    if (!membership.mayWrite) {
        const reason = note("info", element("p", {}, membership.readOnlyReason));
        return { title, element: element("div.page.narrow", {}, head, reason) };
    }
    const name = new Field("title", "Title",
        element("input", { type: "text", required: true, maxlength: titleMax, autocomplete: "off" }));
    const text = new Field("text", "Text", element("textarea", { rows: "18", required: true, maxlength: textMax }),
        { hint: "Plain text. Paragraphs stay together when it is cut into passages." });
    const button = element("button.button.primary", { type: "submit", id: "add-document" }, "Add document");
    const form = new Form([name, text], button, async () => {
        const made = await api.addDocument(organization, { title: name.value.trim(), text: text.value });
        announcer.notify("The document was added. Search finds it within seconds.");
        go(`#/knowledge/${made.id}`);
    });
    form.element.append(name.element, text.element, form.problem,
        element("div.actions", {}, button, element("a.button", { href: "#/knowledge" }, "Cancel")));
    return { title, element: element("div.page.narrow", {}, head, element("div.card", {}, form.element)) };
}
