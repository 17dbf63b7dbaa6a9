// Says what has just happened: to the eye as a passing notice, to a screen reader through a live region.

import { element } from "../elements/element.js";
import { icon } from "../elements/icon.js";

/** Long enough to read two lines twice. */
const notice_ms = 7_000;

export class Announcer {
    #spoken = element("div.visually-hidden", { role: "status" });
    #notices = element("div.notices", { role: "status", "aria-atomic": "false" });
    element = element("div", {}, this.#spoken, this.#notices);

    /** For screen readers only: what a sighted reader sees anyway, such as a list's new length. */
    say(text) { this.#spoken.textContent = text; }

    /** For everyone. `kind` is "done" or "problem". */
    notify(text, kind = "done") {
        const notice = element("div.notice", { data: { kind } },
            icon(kind === "done" ? "accepted" : "warning"), element("span", {}, text));
        this.#notices.append(notice);
        setTimeout(() => notice.remove(), notice_ms);
    }
}
