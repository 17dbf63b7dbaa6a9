// How a suggestion came about: reasons, similar decided tickets, engine, retrieval, timings, and all of it raw.

import { element } from "../elements/element.js";
import { facts, json, percent, score } from "../elements/facts.js";
import { priorityChip, teamChip } from "../elements/chip.js";
import { note } from "../elements/states.js";

const engines = { local: "Local engine", llm: "Language model" };

/** A reason is a sentence, or an object with one in it. */
function sentenceOf(reason) {
    if (typeof reason === "string") return reason;
    return reason?.text ?? reason?.message ?? reason?.reason ?? JSON.stringify(reason);
}

export function reasonList(metadata) {
    const reasons = [metadata.reasons ?? []].flat();
    if (reasons.length === 0) return null;
    return element("ul.reasons", {}, reasons.map((reason) => element("li", {}, sentenceOf(reason))));
}

/** Why the local answer stands where a model's was wanted; null when it was not so. */
export function modelFailure(metadata) {
    if (!metadata.llm_error) return null;
    const why = sentenceOf(metadata.llm_error).replace(/\.$/, "");
    return element("div.model-failure", {}, note("warning", element("p", {},
        element("strong", {}, "The language model's answer was not used"),
        ` (${why}). The local engine's answer stands in.`)));
}

export function similarTickets(metadata) {
    const similar = Array.isArray(metadata.similar_tickets) ? metadata.similar_tickets : [];
    if (similar.length === 0) return element("p.muted", {}, "No decided ticket is close to this one yet.");
    return element("ol.similar", {}, similar.map((one) => {
        const id = one.ticket ?? one.ticket_id ?? one.id;
        return element("li", {},
            element("a", { href: `#/tickets/${Number(id)}` }, one.subject ?? `Ticket #${id}`),
            element("span.similar-facts", {}, teamChip(one.team ?? one.assigned_team),
                one.priority && priorityChip(one.priority),
                element("span.score", { title: "Similarity: higher is better" }, score(one.score))));
    }));
}

/** "312 ms in all (embed 4, retrieve 2, …)". */
function timings(metadata) {
    const each = Object.entries(metadata.timings_ms ?? {}).filter(([, value]) => Number.isFinite(value));
    const parts = each.filter(([name]) => name !== "total");
    if (each.length === 0) return null;
    const total = metadata.timings_ms.total ?? parts.reduce((sum, [, value]) => sum + value, 0);
    const short = (value) => (value < 10 ? value.toFixed(1) : Math.round(value));
    const named = parts.map(([name, value]) => `${name.replaceAll("_", " ")} ${short(value)}`);
    return `${short(total)} ms (${named.join(", ")})`;
}

export function provenance(suggestion) {
    const metadata = suggestion.metadata ?? {};
    const retrieval = metadata.retrieval ?? {};
    const model = metadata.model;
    return element("details.provenance", {}, element("summary", {}, "How this was made"),
        facts([
            ["Engine", engines[metadata.engine] ?? metadata.engine],
            ["Model", typeof model === "object" && model !== null ? JSON.stringify(model) : model],
            ["Prompt", metadata.prompt_version],
            ["Retrieval", retrieval.backend],
            ["Instead of the index", retrieval.fallback_reason],
            ["Embedder", retrieval.embedding_model],
            ["Index", retrieval.index_generation
                && element("code", {}, String(retrieval.index_generation).slice(0, 16))],
            ["Agreement with pgvector", percent(retrieval.agreement)],
            ["Time", timings(metadata)],
            ["Job run", suggestion.job_run],
        ]),
        element("details", {}, element("summary", {}, "All of it, as stored"),
            json({ classification: suggestion.classification, metadata },
                { "aria-label": "Classification and metadata" })));
}

/** The engine's name for the panel's head. */
export const engineName = (metadata) => engines[metadata.engine] ?? metadata.engine ?? "Unknown engine";
