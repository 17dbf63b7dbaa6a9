// Lets the tabs of one browser be one session: a new tab asks the others for it; rotations and signing out reach all.
//
// Without it a duplicated tab would hold a copy of the refresh token, and its second use would revoke the family.

/** How long a tab without a session waits for another tab's answer. */
const answer_ms = 120;

export class Tabs {
    #session;
    #channel = new BroadcastChannel("nexify.session");
    #answered = null;

    constructor(session) {
        this.#session = session;
        this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
        for (const type of ["started", "rotated"]) {
            session.addEventListener(type, () => this.#channel.postMessage({ type: "pair", pair: session.stored }));
        }
        session.addEventListener("ended", ({ detail }) => {
            if (detail.reason !== "elsewhere") this.#channel.postMessage({ type: "ended", family: detail.family });
        });
    }

    /** Gives this tab the session that another one has; resolves when it came, or when nobody answered. */
    async ask() {
        if (this.#session.isActive) return;
        const answered = new Promise((resolve) => { this.#answered = resolve; });
        this.#channel.postMessage({ type: "who" });
        await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, answer_ms))]);
        this.#answered = null;
    }

    #hear(message) {
        const mine = this.#session.stored;
        if (message.type === "who" && mine) {
            this.#channel.postMessage({ type: "pair", pair: mine });
        } else if (message.type === "pair") {
            const wanted = mine ? mine.family === message.pair?.family : this.#answered !== null;
            if (wanted && message.pair && message.pair.access !== mine?.access) this.#session.adopt(message.pair);
            this.#answered?.();
        } else if (message.type === "ended" && mine?.family === message.family) {
            this.#session.end("elsewhere");
        }
    }
}
