// What went wrong between console and server: a kind to switch on, a sentence for a person, the fields it is about.

const sentences = {
    network: "The server cannot be reached. Check the connection and try again.",
    timeout: "The server took too long to answer. Try again.",
    unauthenticated: "Your session has ended. Sign in again.",
    forbidden: "Your role does not allow this.",
    missing: "This does not exist, or it belongs to another organisation.",
    conflict: "Somebody else changed this in the meantime.",
    stale: "This was changed in the meantime. Look at the current values and try again.",
    large: "This is too large for the server.",
    invalid: "Some values were not accepted.",
    throttled: "Too many requests.",
    unavailable: "The server is not available right now.",
    server: "The server had a problem with this request.",
};

/** 400 → "invalid", 404 → "missing" …: the kinds that `sentences` lists. */
function kindOf(status) {
    switch (status) {
    case 400: case 422: return "invalid";
    case 401: return "unauthenticated";
    case 403: return "forbidden";
    case 404: return "missing";
    case 409: return "conflict";
    case 412: return "stale";
    case 413: return "large";
    case 429: return "throttled";
    case 502: case 503: case 504: return "unavailable";
    default: return "server";
    }
}

/** A DRF value is a message, or a list of messages, or nested: all of it as one list of strings. */
function messagesIn(value) {
    if (Array.isArray(value)) return value.flatMap(messagesIn);
    if (value && typeof value === "object") return Object.values(value).flatMap(messagesIn);
    return value === null || value === undefined ? [] : [String(value)];
}

export class ApiError extends Error {
    /**
     * @param {string} kind one of the keys of `sentences`
     * @param {object} facts `status` (0 without an answer), `message`, `code`, `fields` {name: [messages]},
     *   `retryAfter_s`, `requestID`, `body` (the parsed answer), `cause`
     */
    constructor(kind, { status = 0, message, code, fields = {}, retryAfter_s, requestID, body, cause } = {}) {
        super(message || sentences[kind], { cause });
        this.name = "ApiError";
        this.kind = kind;
        this.status = status;
        this.code = code;
        this.fields = fields;
        this.retryAfter_s = retryAfter_s;
        this.requestID = requestID;
        this.body = body;
    }

    /** From an answer that is not 2xx. `body` is the parsed JSON, or undefined when it was none. */
    static answered(response, body) {
        const kind = kindOf(response.status);
        const facts = {
            status: response.status,
            body,
            requestID: response.headers.get("X-Request-ID") ?? undefined,
            retryAfter_s: Number(response.headers.get("Retry-After")) || undefined,
        };
        if (body && typeof body === "object" && !Array.isArray(body)) {
            facts.code = typeof body.code === "string" ? body.code : undefined;
            if (body.detail !== undefined) {
                facts.message = messagesIn(body.detail).join(" ");
            } else if (kind === "invalid") {
                for (const [name, value] of Object.entries(body)) {
                    if (name === "non_field_errors") facts.message = messagesIn(value).join(" ");
                    else (facts.fields ??= {})[name] = messagesIn(value);
                }
            }
        }
        // A 5xx's own words are for machines; a person gets ours, with the request's id to quote.
        if (kind === "server" || kind === "unavailable") facts.message = undefined;
        if (facts.retryAfter_s && (kind === "throttled" || kind === "unavailable")) {
            const wait = facts.retryAfter_s === 1 ? "a second" : `${facts.retryAfter_s} seconds`;
            facts.message = `${facts.message ?? sentences[kind]} Try again in ${wait}.`;
        }
        return new ApiError(kind, facts);
    }

    /** Everything there is to say, fields included: for places that have no field to put it at. */
    get sentence() {
        const parts = Object.entries(this.fields).map(([name, messages]) => `${name}: ${messages.join(" ")}`);
        return [this.message, ...parts].join(" ");
    }
}
