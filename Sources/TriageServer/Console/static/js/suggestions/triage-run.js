// One run of AI triage, from the click to its end: sends the trigger, follows the job, tells each change.

/** Pauses between looks at a job that has not ended, in milliseconds; the last one repeats. */
const pauses_ms = [400, 800, 1_200, 2_000, 3_000];
/** After this long the console stops looking; the job itself goes on. */
const patience_ms = 180_000;

/** A key that no other click has. `crypto.randomUUID` is missing where the page came over plain HTTP. */
function freshKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return `console-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export class TriageRun {
    #api;
    #ticketID;
    #signal;
    #changed;
    #key = null;

    /**
     * `phase`: idle | sending | queued | running | succeeded | failed | refused (the trigger failed: `error` is an
     * ApiError) | left (no longer looked at).
     */
    state = { phase: "idle", attempt: 0, error: null, began_ms: 0 };

    constructor(api, ticketID, signal, changed) {
        this.#api = api;
        this.#ticketID = ticketID;
        this.#signal = signal;
        this.#changed = changed;
    }

    get isUnderWay() { return ["sending", "queued", "running"].includes(this.state.phase); }

    /** Sends the trigger. After one that got no answer the same key is used again, so that it cannot run twice. */
    async start() {
        if (this.isUnderWay) return;
        this.#key ??= freshKey();
        this.#become({ phase: "sending", attempt: 0, error: null, began_ms: Date.now() });
        try {
            const job = await this.#api.triggerTriage(this.#ticketID, this.#key, this.#signal);
            this.#key = null;
            await this.#follow(job);
        } catch (error) {
            if (this.#signal.aborted) return;
            const mayHaveArrived = ["network", "timeout", "unavailable", "server", "conflict"].includes(error.kind);
            if (!mayHaveArrived) this.#key = null;
            this.#become({ phase: "refused", error });
        }
    }

    /** Joins a run that somebody else started, or that was left. */
    async resume(jobRunID) {
        if (this.isUnderWay) return;
        try {
            const job = await this.#api.jobRun(jobRunID, this.#signal);
            this.state.began_ms = Date.now();
            if (job.status === "queued" || job.status === "running") await this.#follow(job);
        } catch (error) {
            if (!this.#signal.aborted && this.isUnderWay) this.#become({ phase: "refused", error });
        }
    }

    async #follow(job) {
        const ends_ms = Date.now() + patience_ms;
        for (let look = 0; ; look += 1) {
            this.jobRunID = job.job_run_id;
            if (this.state.phase !== job.status || this.state.attempt !== job.attempt_count) {
                this.#become({ phase: job.status, attempt: job.attempt_count, error: job.error });
            }
            if (job.status === "succeeded" || job.status === "failed") return;
            if (Date.now() > ends_ms) return this.#become({ phase: "left" });
            await pause(pauses_ms[Math.min(look, pauses_ms.length - 1)], this.#signal);
            try {
                job = await this.#api.jobRun(job.job_run_id, this.#signal);
            } catch (error) {
                // One unanswered look is no news about the job; patience bounds how often.
                if (this.#signal.aborted || !["network", "timeout", "unavailable"].includes(error.kind)) throw error;
            }
        }
    }

    #become(change) {
        this.state = { ...this.state, ...change };
        if (!this.#signal.aborted) this.#changed(this.state);
    }
}

function pause(length_ms, signal) {
    return new Promise((resolve, reject) => {
        const leave = () => { clearTimeout(timer); reject(signal.reason); };
        const timer = setTimeout(() => { signal.removeEventListener("abort", leave); resolve(); }, length_ms);
        signal.addEventListener("abort", leave, { once: true });
    });
}
