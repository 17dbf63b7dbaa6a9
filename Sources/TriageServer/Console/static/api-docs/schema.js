// Shows a JSON Schema: its type in words, and its members as a list that opens step by step.

import { element } from "../js/elements/element.js";
import { inline } from "./prose.js";

/** The thing that a `$ref` leads to, or the thing itself. */
export function resolve(api, value) {
    const path = value?.$ref?.slice(2).split("/");
    return path ? path.reduce((object, key) => object?.[key], api) : value;
}

/** Query parameters may be empty; to say so at each would tell nobody anything. */
function alternatives(schema) {
    return (schema.oneOf ?? schema.anyOf)?.filter((one) => !(one.type === "string" && one.maxLength === 0));
}

const nameOf = (schema) => schema.$ref?.split("/").at(-1);

/** E.g. `array of Citation`, `integer ≥ 1`, `string or null`. */
export function typeText(api, schema) {
    if (schema === true) return "anything";
    if (schema === false) return "nothing";
    if (nameOf(schema)) return nameOf(schema);
    const others = alternatives(schema);
    if (others) return [...new Set(others.map((one) => typeText(api, one)))].join(" or ");
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" · ");
    const types = [schema.type ?? "anything"].flat();
    if (types[0] === "array") return `array of ${typeText(api, schema.items ?? true)}`;
    const format = schema.format && schema.format !== "int64" ? ` (${schema.format})` : "";
    return types.join(" or ").replace(types[0], types[0] + format) + limits(schema);
}

function limits(schema) {
    const far = (number) => Math.abs(number) > Number.MAX_SAFE_INTEGER;
    const range = (least, most, unit) => {
        const low = least !== undefined && least !== 0 && !far(least) ? least.toLocaleString("en") : undefined;
        const high = most !== undefined && !far(most) ? most.toLocaleString("en") : undefined;
        if (low === undefined && high === undefined) return "";
        if (high === undefined) return `, ≥ ${low}${unit}`;
        return `, ${low === undefined ? "≤ " : `${low}–`}${high}${unit}`;
    };
    return range(schema.minimum, schema.maximum, "") + range(schema.minLength, schema.maxLength, " characters");
}

/** What there is to open below the type; null when the type says all. */
export function membersView(api, schema) {
    const target = resolve(api, schema);
    if (typeof target !== "object") return null;
    if (target.type === "array" || [target.type].flat().includes("array")) return membersView(api, target.items ?? true);
    const others = alternatives(target)?.filter((one) => hasMembers(api, one)) ?? [];
    if (others.length === 1) return membersView(api, others[0]);
    if (others.length > 1) {
        return element("ul.members", {}, others.map((one) =>
            memberView(api, nameOf(one) ? "" : `with ${one.required?.[0] ?? "other members"}`, one, true)));
    }
    if (!target.properties) return null;
    const required = target.required ?? [];
    const rest = Object.keys(target.properties).filter((name) => !required.includes(name));
    const shown = [...required, ...rest].filter((name) => target.properties[name] !== false);
    if (shown.length === 0) return null;
    return element("ul.members", {},
        shown.map((name) => memberView(api, name, target.properties[name], required.includes(name))));
}

/** Looks only so deep: schemas may contain themselves. */
function hasMembers(api, schema, depth = 0) {
    const target = resolve(api, schema);
    if (typeof target !== "object" || depth > 4) return false;
    if (target.items) return hasMembers(api, target.items, depth + 1);
    return Object.keys(target.properties ?? {}).length > 0
        || (alternatives(target) ?? []).some((one) => hasMembers(api, one, depth + 1));
}

function memberView(api, name, schema, isRequired) {
    const description = schema.description ?? resolve(api, schema).description;
    const line = [
        name && element("code.name", {}, name), element("span.type", {}, typeText(api, schema)),
        !isRequired && element("span.optional", {}, "optional"),
        description && element("span.muted", {}, inline(description)),
    ];
    return element("li", {}, hasMembers(api, schema) ? opening(element("summary", {}, line), () => membersView(api, schema)) : line);
}

/** A `<details>` whose content is made when it is first opened: schemas may contain themselves. */
export function opening(summary, content) {
    const details = element("details", {}, summary);
    details.addEventListener("toggle", () => {
        const made = content();
        if (made) details.append(made);
    }, { once: true });
    return details;
}
