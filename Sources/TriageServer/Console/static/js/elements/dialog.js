// A modal question. The browser's own <dialog> keeps the focus inside, closes on Escape and gives the focus back.

import { element, uniqueID } from "./element.js";

/**
 * Opens at once and removes itself when closed.
 * @param {string} title
 * @param {(close: () => void) => Node[]} content
 * @returns {HTMLDialogElement}
 */
export function dialog(title, content, { wide = false } = {}) {
    const headingID = uniqueID("dialog");
    const made = element(wide ? "dialog.wide" : "dialog", {
        "aria-labelledby": headingID,
        close: () => made.remove(),
        // A click on the backdrop has the dialog itself as its target.
        click: (event) => { if (event.target === made) made.close(); },
    });
    made.append(element("div.dialog-body", {},
        element("h2", { id: headingID }, title), ...content(() => made.close())));
    document.body.append(made);
    made.showModal();
    return made;
}
