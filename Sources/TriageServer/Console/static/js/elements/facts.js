// Names and values side by side, and JSON as text.

import { element } from "./element.js";

/** @param {Array<[string, Node | string | number | null | undefined]>} pairs those without a value are left out */
export function facts(pairs, attributes = {}) {
    return element("dl.facts", attributes, pairs
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

export const json = (value, attributes = {}) =>
    element("pre.json", { tabindex: "0", ...attributes }, JSON.stringify(value, null, 2));

/** 0.8712 → "87 %"; null when there is no number. */
export function percent(value) {
    return Number.isFinite(value) ? `${Math.round(value * 100)} %` : null;
}

/** A similarity: three digits are enough to compare two of them. */
export const score = (value) => (Number.isFinite(value) ? value.toFixed(3) : "–");
