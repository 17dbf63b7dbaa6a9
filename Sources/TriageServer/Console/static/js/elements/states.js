// The three things a region can be besides full: loading, empty, failed. And the region that goes through them.

import { element, fill } from "./element.js";
import { icon } from "./icon.js";

/** `lines` grey bars. They fade in late, so that a quick answer does not flicker. */
export function loading(what, lines = 3) {
    return element("div.loading", { role: "status" },
        element("span.visually-hidden", {}, `Loading ${what}…`),
        Array.from({ length: lines }, () => element("div.bar-placeholder", { "aria-hidden": "true" })));
}

export function empty(title, text, ...actions) {
    return element("div.empty", {},
        element("p.empty-title", {}, title), text && element("p", {}, text),
        actions.length > 0 && element("div.actions", {}, actions));
}

/** What went wrong, and a way on. `retry` is left out where trying again cannot help. */
export function failed(error, retry) {
    return element("div.failed", { role: "alert" },
        icon("warning"),
        element("div", {},
            element("p", {}, error.sentence ?? error.message),
            error.requestID && element("p.reference", {}, `Reference ${error.requestID}`),
            retry && element("button.button", { type: "button", click: retry }, "Try again")));
}

/** A page about something that is not there: deleted, mistyped, or another organisation's. */
export function missing(name, back) {
    return [back, element("h1", { tabindex: "-1" }, `There is no such ${name}`),
        element("p", {}, "It may have been deleted, or it belongs to another organisation.")];
}

/** For a page whose heading came only with its content: takes the focus that is still on nothing. */
export function focusHeading(page) {
    if (document.activeElement === document.body) page.querySelector("h1")?.focus({ preventScroll: true });
}

/** A calm box for something that the reader should know: `kind` is "info", "warning" or "danger". */
export function note(kind, ...children) {
    return element("div.note", { data: { kind } },
        icon(kind === "info" ? "info" : "warning"), element("div", {}, children));
}

/** A part of a page that loads by itself and can be loaded again; the newest load wins. */
export class Region {
    #signal;
    #turn = 0;

    /** @param {AbortSignal} signal ends with the page: an answer that comes later is dropped */
    constructor(signal, tagAndClasses = "div", attributes = {}) {
        this.#signal = signal;
        this.element = element(tagAndClasses, attributes);
    }

    /**
     * Shows `placeholder` (or dims what is there, when `keep`), then what `work` gives.
     * @param {() => Promise<Node | Node[]>} work
     */
    async load(work, { placeholder, keep = false } = {}) {
        this.#turn += 1;
        const turn = this.#turn;
        this.element.setAttribute("aria-busy", "true");
        if (!keep || !this.element.hasChildNodes()) fill(this.element, placeholder);
        let content;
        try {
            content = await work();
        } catch (error) {
            if (this.#signal.aborted || turn !== this.#turn) return;
            if (error.name !== "ApiError") console.error(error);
            content = failed(error, error.kind === "missing" ? null : () => this.load(work, { placeholder }));
        }
        if (this.#signal.aborted || turn !== this.#turn) return;
        this.element.removeAttribute("aria-busy");
        fill(this.element, content);
    }
}
