// Makes an example of a schema: its own where it has one, else the plainest value that fits.

import { resolve } from "./schema.js";

const DEPTH_MAX = 6;
const TEXTS = { "date-time": "2026-11-19T08:15:30.123456Z", date: "2026-11-19", email: "ada@example.com" };

export function exampleOf(api, schema, depth = 0) {
    const target = resolve(api, schema);
    if (typeof target !== "object" || depth > DEPTH_MAX) return null;
    if (target.examples) return target.examples[0];
    if (target.const !== undefined) return target.const;
    if (target.enum) return target.enum[0];
    if (target.oneOf ?? target.anyOf) return exampleOf(api, (target.oneOf ?? target.anyOf)[0], depth + 1);
    switch ([target.type].flat()[0]) {
    case "integer": case "number": return target.default ?? Math.max(target.minimum ?? 0, 0);
    case "boolean": return false;
    case "string": return TEXTS[target.format] ?? "text";
    case "array": return [exampleOf(api, target.items ?? true, depth + 1)];
    case "object": return object(api, target, depth);
    default: return null;
    }
}

function object(api, target, depth) {
    const required = target.required ?? [];
    // What goes in is shown at its shortest; if nothing is required, with one member of each kind.
    const names = required.length > 0 ? required
        : Object.keys(target.properties ?? {}).filter((name) => target.properties[name] !== false);
    return Object.fromEntries(names.map((name) => [name, exampleOf(api, target.properties[name], depth + 1)]));
}

/** A command line that calls the operation. */
export function command(api, { path, method, operation }) {
    const values = (operation.parameters ?? []).filter((one) => one.in === "path");
    const address = values.reduce((text, one) => text.replace(`{${one.name}}`, "1"), path);
    const parts = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${location.origin}${address}`];
    if (operation.security.length > 0) parts.push("-H \"Authorization: Bearer $ACCESS\"");
    for (const one of operation.parameters ?? []) {
        if (one.in === "header" && one.required) parts.push(`-H '${one.name}: my-request-1'`);
    }
    const body = operation.requestBody?.content["application/json"];
    if (body) {
        parts.push("-H 'Content-Type: application/json'");
        parts.push(`-d '${JSON.stringify(exampleOf(api, body.schema)).replaceAll("'", "'\\''")}'`);
    }
    return parts.join(" \\\n  ");
}
