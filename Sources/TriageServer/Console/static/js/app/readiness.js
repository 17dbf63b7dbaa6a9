// The slim banner that says when the server itself reports trouble.

import { element, fill } from "../elements/element.js";
import { icon } from "../elements/icon.js";

const interval_ms = 30_000;
/** At most this many characters of what the server says. */
const detailMax = 200;

export class Readiness {
    element = element("div.readiness", { role: "status", hidden: true });

    constructor() {
        this.check();
        setInterval(() => { if (!document.hidden) this.check(); }, interval_ms);
    }

    async check() {
        let words = null;
        try {
            const response = await fetch("/readyz", {
                headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(8_000),
            });
            words = sentence(response.ok, await response.json().catch(() => null));
        } catch {
            words = "The server cannot be reached. What you see may be out of date.";
        }
        this.element.hidden = words === null;
        if (words !== null && this.element.textContent !== words) {
            fill(this.element, icon("warning"), element("span", {}, words));
        }
    }
}

/** null when all is well. `report` is `/readyz`'s JSON: a `status`, and per part a word or `{status, detail}`. */
function sentence(isReady, report) {
    const status = String(report?.status ?? "").toLowerCase();
    if (isReady && !status.includes("degraded")) return null;
    const parts = Object.entries(report?.checks ?? report?.parts ?? {})
        .map(([name, value]) => [name, typeof value === "object" ? value ?? {} : { status: value }])
        .filter(([, value]) => !["ok", "ready", "up", "true"].includes(String(value.status ?? value.ok).toLowerCase()))
        .map(([name, value]) => `${name}: ${value.detail ?? value.message ?? value.reason ?? value.status}`);
    const detail = [report?.detail ?? report?.reason, ...parts].filter(Boolean).join("; ").slice(0, detailMax);
    const opening = isReady ? "The server is running with reduced service." : "The server is not ready.";
    return detail ? `${opening} ${detail}` : opening;
}
