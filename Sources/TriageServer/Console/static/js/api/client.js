// The one place that talks to the server: JSON, Bearer token, refresh, time-outs, errors.

import { ApiError } from "./error.js";

const timeoutDefault_ms = 15_000;
/** Refresh this long before the access token ends, so that a request does not set out with a dying one. */
const refreshMargin_ms = 10_000;

export class ApiClient {
    #session;
    #base;
    /** The refresh under way, shared by every request that needs one: a rotated token may be used only once. */
    #refreshing = null;

    constructor(session, base = "/api") {
        this.#session = session;
        this.#base = base;
    }

    /**
     * Sends a request and gives its answer's body, parsed (undefined for 204).
     *
     * `options`: `query` (empty values are left out), `body` (sent as JSON), `headers`, `signal`, `timeout_ms`,
     * `anonymous` (no token), `whole` (give `{data, status, headers}` instead).
     * @throws {ApiError}; an abort by `signal` is thrown as the browser's own AbortError.
     */
    async request(method, path, options = {}) {
        if (options.anonymous) return this.#send(method, path, options, null);
        if (this.#session.accessEndsWithin(refreshMargin_ms)) await this.refresh(this.#session.access);
        const access = this.#session.access;
        if (!access) throw this.#ended();
        try {
            return await this.#send(method, path, options, access);
        } catch (error) {
            // A 401 means that nothing was done, so any method may be sent again.
            if (!(error instanceof ApiError) || error.status !== 401) throw error;
            await this.refresh(access);
        }
        try {
            return await this.#send(method, path, options, this.#session.access);
        } catch (error) {
            if (error instanceof ApiError && error.status === 401) throw this.#ended();
            throw error;
        }
    }

    /** Replaces the tokens, once for all who ask meanwhile. `stale` is the access token that was found wanting. */
    refresh(stale) {
        this.#refreshing ??= this.#session.exclusively(async () => {
            // Another tab may have rotated the pair while this one waited for its turn.
            if (this.#session.access && this.#session.access !== stale) return;
            const refresh = this.#session.refresh;
            if (!refresh) throw this.#ended();
            try {
                this.#session.rotate(await this.#send("POST", "/auth/token/refresh/", { body: { refresh } }, null));
            } catch (error) {
                if (error instanceof ApiError && (error.status === 401 || error.status === 400)) throw this.#ended();
                throw error;
            }
        }).finally(() => { this.#refreshing = null; });
        return this.#refreshing;
    }

    #ended() {
        this.#session.end("expired");
        return new ApiError("unauthenticated", { status: 401 });
    }

    async #send(method, path, options, access) {
        const headers = new Headers(options.headers);
        headers.set("Accept", "application/json");
        if (access) headers.set("Authorization", `Bearer ${access}`);
        if (options.body !== undefined) headers.set("Content-Type", "application/json");
        const timeout = AbortSignal.timeout(options.timeout_ms ?? timeoutDefault_ms);
        const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
        try {
            const response = await fetch(this.#address(path, options.query), {
                method, headers, signal,
                body: options.body === undefined ? undefined : JSON.stringify(options.body),
                credentials: "omit", cache: "no-store", redirect: "error",
            });
            const text = await response.text();
            const data = parsed(text);
            if (!response.ok) throw ApiError.answered(response, data);
            if (text !== "" && data === undefined) throw new ApiError("server", { status: response.status });
            return options.whole ? { data, status: response.status, headers: response.headers } : data;
        } catch (error) {
            if (error instanceof ApiError) throw error;
            if (options.signal?.aborted) throw error;
            throw new ApiError(timeout.aborted ? "timeout" : "network", { cause: error });
        }
    }

    #address(path, query = {}) {
        const parameters = new URLSearchParams();
        for (const [name, value] of Object.entries(query)) {
            if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
        }
        const search = parameters.toString();
        return this.#base + path + (search ? `?${search}` : "");
    }
}

function parsed(text) {
    if (text === "") return undefined;
    try {
        return JSON.parse(text);
    } catch {
        return undefined; // a proxy's HTML page; the status alone has to speak
    }
}
