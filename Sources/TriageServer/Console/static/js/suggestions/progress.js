// How far a triage run is, in words and steps.

import { element, fill } from "../elements/element.js";
import { failed, note } from "../elements/states.js";
import { span } from "../elements/time.js";

const steps = [["sending", "Sent"], ["queued", "Queued"], ["running", "Reading and deciding"], ["succeeded", "Done"]];

export class Progress {
    element = element("div.progress", { hidden: true });
    #signal;
    #ticking = null;

    /** @param {AbortSignal} signal ends with the page, and the clock with it */
    constructor(signal) {
        this.#signal = signal;
        signal.addEventListener("abort", () => clearInterval(this.#ticking));
    }

    /** @param state of a TriageRun; @param again starts or follows it once more */
    show(state, again) {
        clearInterval(this.#ticking);
        this.element.hidden = state.phase === "idle" || state.phase === "succeeded";
        if (this.element.hidden) return fill(this.element);
        if (state.phase === "refused") return fill(this.element, failed(state.error, again));
        if (state.phase === "failed") {
            const attempts = state.attempt > 1 ? ` after ${state.attempt} attempts` : "";
            return fill(this.element, failed({ message: `Triage failed${attempts}. ${state.error ?? ""}` }, again));
        }
        if (state.phase === "left") {
            return fill(this.element, note("info", element("p", {}, "This takes long. It goes on without this page."),
                element("button.button", { type: "button", click: again }, "Look again")));
        }
        const at = steps.findIndex(([phase]) => phase === state.phase);
        const clock = element("span.clock", { "aria-hidden": "true" });
        const tick = () => fill(clock, span((Date.now() - state.began_ms) / 1_000));
        tick();
        if (!this.#signal.aborted) this.#ticking = setInterval(tick, 1_000);
        fill(this.element,
            element("ol.steps", { "aria-label": "AI triage" }, steps.map(([, name], index) =>
                element("li", { data: { step: index < at ? "past" : index === at ? "now" : "coming" },
                    "aria-current": index === at ? "step" : null }, name))),
            element("p.progress-line", {}, element("span.spinner", { "aria-hidden": "true" }), clock,
                state.attempt > 1 && ` · attempt ${state.attempt}`));
        return this.element;
    }
}

/** The same for a screen reader; null where there is nothing to say. */
export function progressWords({ phase }) {
    return { sending: "AI triage requested", queued: "AI triage is queued", running: "AI triage is running",
        succeeded: "AI triage is done", failed: "AI triage failed" }[phase] ?? null;
}
