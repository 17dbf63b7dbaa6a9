// The little Markdown that the document uses: paragraphs and `code`.

import { element } from "../js/elements/element.js";

export function prose(text) {
    return element("div.prose", {}, text.split(/\n\s*\n/).map((paragraph) => element("p", {}, inline(paragraph))));
}

export function inline(text) {
    return text.split(/`([^`]+)`/).map((part, index) => index % 2 === 1 ? element("code", {}, part) : part);
}
