// Single-key shortcuts: one listener, the page's own keys before the console's.

import { element } from "../elements/element.js";
import { dialog } from "../elements/dialog.js";

const offKey = "nexify.shortcuts.off";

/** What the help shows, in its order. */
const listed = [
    ["Everywhere", [["/", "Search tickets"], ["g", "Go to the ticket list"], ["n", "New ticket"],
        ["?", "Show this help"], ["Esc", "Close a dialog"]]],
    ["Ticket list", [["j", "Next ticket"], ["k", "Previous ticket"], ["Enter", "Open the ticket"]]],
    ["Ticket", [["t", "Run AI triage"], ["a", "Approve the suggestion"], ["e", "Edit it before approving"],
        ["r", "Reject it"], ["j", "Next ticket of the list"], ["k", "Previous ticket of the list"],
        ["u", "Back to the list"]]],
];

export class Shortcuts {
    #keysOfPage;
    #keysEverywhere;

    /** @param {() => Record<string, () => void>} keysOfPage asked at each key press */
    constructor(keysOfPage, keysEverywhere) {
        this.#keysOfPage = keysOfPage;
        this.#keysEverywhere = { "?": () => this.help(), ...keysEverywhere };
        document.addEventListener("keydown", (event) => this.#press(event));
    }

    // People who use speech input need to switch single keys off (WCAG 2.1.4). No secret, hence localStorage.
    get isOff() { return localStorage.getItem(offKey) === "yes"; }
    set isOff(off) { off ? localStorage.setItem(offKey, "yes") : localStorage.removeItem(offKey); }

    #press(event) {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
        if (this.isOff || document.querySelector("dialog[open]")) return;
        if (event.target.closest?.("input, select, textarea, [contenteditable]")) return;
        const action = this.#keysOfPage()[event.key] ?? this.#keysEverywhere[event.key];
        if (!action) return;
        event.preventDefault();
        action();
    }

    help() {
        if (document.querySelector("dialog[open]")) return;
        const toggle = element("input", { type: "checkbox", id: "shortcuts-on",
            change: () => { this.isOff = !toggle.checked; } });
        toggle.checked = !this.isOff;
        dialog("Keyboard shortcuts", (close) => [
            element("div.shortcut-groups", {}, listed.map(([title, keys]) => element("section", {},
                element("h3", {}, title),
                element("dl", {}, keys.map(([key, meaning]) => element("div", {},
                    element("dt", {}, element("kbd", {}, key)), element("dd", {}, meaning))))))),
            element("div.dialog-actions", {},
                element("label.check", { for: "shortcuts-on" }, toggle, "Single-key shortcuts are on"),
                element("button.button", { type: "button", autofocus: true, click: close }, "Close")),
        ], { wide: true });
    }
}
