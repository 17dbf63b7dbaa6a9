// The routes of the HTTP contract that the console uses, one function each. Paths are written here and nowhere else.

/** How long, in seconds, a trigger's answer may wait for the suggestion before the console polls; at most 30. */
const triageWait_s = 5;

/** @param {import("./client.js").ApiClient} client */
export function endpoints(client) {
    const get = (path, query, signal) => client.request("GET", path, { query, signal });
    const organization = (id) => `/organizations/${id}`;
    const suggestion = (o, t, s) => `${organization(o)}/tickets/${t}/suggestions/${s}`;

    return {
        signIn: (username, password) =>
            client.request("POST", "/auth/token/", { body: { username, password }, anonymous: true }),
        // Without the access token: refreshing a dying one on the way would rotate the very token that is to end.
        signOut: (refresh) =>
            client.request("POST", "/auth/logout/", { body: { refresh }, anonymous: true, timeout_ms: 4_000 }),
        refresh: (stale) => client.refresh(stale),
        me: (signal) => get("/me/", {}, signal),

        teams: (o, signal) => get(`${organization(o)}/teams/`, { page_size: 100 }, signal),

        tickets: (o, query, signal) => get(`${organization(o)}/tickets/`, query, signal),
        /** With its ETag: `{ticket, etag}`. */
        ticket: async (t, signal) => {
            const { data, headers } = await client.request("GET", `/tickets/${t}/`, { signal, whole: true });
            return { ticket: data, etag: headers.get("ETag") };
        },
        createTicket: (ticket) => client.request("POST", "/tickets/", { body: ticket }),
        changeTicket: (t, changes, etag) =>
            client.request("PATCH", `/tickets/${t}/`, { body: changes, headers: etag ? { "If-Match": etag } : {} }),
        events: (t, page, signal) => get(`/tickets/${t}/events/`, { page, page_size: 50 }, signal),

        triggerTriage: (t, idempotencyKey, signal) =>
            client.request("POST", `/tickets/${t}/trigger-triage/`, {
                query: { wait: triageWait_s }, headers: { "Idempotency-Key": idempotencyKey }, signal,
                timeout_ms: (triageWait_s + 15) * 1_000,
            }),
        jobRun: (id, signal) => get(`/job-runs/${id}/`, {}, signal),

        suggestions: (o, t, signal) => get(`${organization(o)}/tickets/${t}/suggestions/`, { page_size: 20 }, signal),
        approve: (o, t, s, decision) => client.request("POST", `${suggestion(o, t, s)}/approve/`, { body: decision }),
        reject: (o, t, s, decision) => client.request("POST", `${suggestion(o, t, s)}/reject/`, { body: decision }),

        documents: (o, page, signal) => get(`${organization(o)}/documents/`, { page, page_size: 20 }, signal),
        document: (o, d, signal) => get(`${organization(o)}/documents/${d}/`, {}, signal),
        addDocument: (o, document) =>
            client.request("POST", `${organization(o)}/documents/`, { body: document, timeout_ms: 60_000 }),
        chunks: (o, d, page, signal) =>
            get(`${organization(o)}/documents/${d}/chunks/`, { page, page_size: 100 }, signal),
        retrieve: (o, question, signal) =>
            client.request("POST", `${organization(o)}/kb/retrieve/`, { body: question, signal }),
    };
}
