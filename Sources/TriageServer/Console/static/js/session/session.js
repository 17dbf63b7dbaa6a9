// Who is signed in: the token pair, where it is kept, and the news that it began or ended.
//
// The pair lives in sessionStorage. A cookie would need CSRF protection that the Bearer API has no use for;
// localStorage would leave a week's refresh token on the disk of a shared machine after the browser is closed; memory
// alone would sign people out at every reload. sessionStorage ends with the tab. Any script on this page could read it,
// which is what the Content-Security-Policy is for: only this origin's own modules run. Other tabs get the session by
// asking (tabs.js).

import { lifetime_ms } from "./token.js";

const storageKey = "nexify.session";

/** Dispatches "started", "rotated" and "ended" (with `detail.reason`: "signed-out", "expired" or "elsewhere"). */
export class Session extends EventTarget {
    /** `{access, refresh, family, received_ms}`, or null. Read anew each time: storage is the only truth. */
    get stored() {
        try {
            const value = JSON.parse(sessionStorage.getItem(storageKey));
            return typeof value?.access === "string" && typeof value?.refresh === "string" ? value : null;
        } catch {
            return null; // damaged by hand or by an older console: the same as none
        }
    }

    get access() { return this.stored?.access ?? null; }
    get refresh() { return this.stored?.refresh ?? null; }
    get isActive() { return this.stored !== null; }

    /** By this machine's clock when it ends; null when the token does not say. A skewed clock does no harm. */
    get accessEnds_ms() {
        const stored = this.stored;
        const lifetime = lifetime_ms(stored?.access);
        return stored && lifetime !== null ? stored.received_ms + lifetime : null;
    }

    accessEndsWithin(margin_ms) {
        const ends = this.accessEnds_ms;
        return ends !== null && ends - Date.now() < margin_ms;
    }

    /** After sign-in. */
    start({ access, refresh }) {
        this.#keep({ access, refresh, family: `${Date.now()}-${Math.random()}`, received_ms: Date.now() });
        this.#tell("started");
    }

    /** After a refresh; the server may keep the old refresh token. */
    rotate({ access, refresh }) {
        const stored = this.stored;
        if (!stored) return; // signed out meanwhile
        this.#keep({ ...stored, access, refresh: refresh ?? stored.refresh, received_ms: Date.now() });
        this.#tell("rotated");
    }

    /** What another tab of the same family has: a newer pair, or the first one for this tab. */
    adopt(stored) {
        const isNew = !this.isActive;
        this.#keep(stored);
        if (isNew) this.#tell("started");
    }

    end(reason) {
        const family = this.stored?.family;
        if (!family) return;
        sessionStorage.removeItem(storageKey);
        this.#tell("ended", { reason, family });
    }

    /** Runs `work` while no other tab of this family does: a refresh token that is used twice ends the family. */
    exclusively(work) {
        // Web Locks need a secure context; over plain HTTP two tabs could collide, and would have to sign in again.
        if (!navigator.locks) return work();
        return navigator.locks.request(`nexify.refresh.${this.stored?.family}`, work);
    }

    #keep(stored) { sessionStorage.setItem(storageKey, JSON.stringify(stored)); }
    #tell(type, detail = {}) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
