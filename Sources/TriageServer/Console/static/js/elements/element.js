// Builds DOM elements. Children that are not nodes become text nodes: nothing that a customer wrote is parsed as HTML.

/**
 * `element("a.link", { href: "#/tickets" }, "Tickets")`.
 *
 * Attributes: `true` sets an empty one; false, null and undefined leave it out; functions are listeners by event name;
 * `data` is an object of data attributes. Children: nodes, texts, numbers, nested lists; false, null and undefined are
 * skipped.
 */
export function element(tagAndClasses, attributes = {}, ...children) {
    const [tag, ...classes] = tagAndClasses.split(".");
    const made = document.createElement(tag);
    if (classes.length > 0) made.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (value === undefined || value === null || value === false) continue;
        if (typeof value === "function") made.addEventListener(name, value);
        else if (name === "data") Object.assign(made.dataset, value);
        else if (name === "value") made.value = value;
        else made.setAttribute(name, value === true ? "" : String(value));
    }
    append(made, children);
    return made;
}

function append(parent, children) {
    for (const child of children) {
        if (Array.isArray(child)) append(parent, child);
        else if (child !== undefined && child !== null && child !== false) parent.append(child);
    }
}

/** Replaces all that `parent` holds. */
export function fill(parent, ...children) {
    parent.replaceChildren();
    append(parent, children);
    return parent;
}

let serial = 0;

/** An id that no other element has, to tie labels, hints and errors to their controls. */
export function uniqueID(stem) {
    serial += 1;
    return `${stem}-${serial}`;
}
