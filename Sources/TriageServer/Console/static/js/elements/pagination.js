// Which part of a list is shown, and the ways to the parts before and after it.

import { element } from "./element.js";

/**
 * @param {{count: number, next: ?string, previous: ?string, results: Array}} list the API's answer
 * @param {number} page from 1
 * @param {(page: number) => string} address the hash of another page
 */
export function pagination(list, page, pageSize, address) {
    const first = (page - 1) * pageSize + 1;
    const last = first + list.results.length - 1;
    const step = (name, target, isThere, rel) => isThere
        ? element("a.button", { href: address(target), rel }, name)
        : element("span.button", { "aria-disabled": "true" }, name);
    return element("nav.pagination", { "aria-label": "Pages" },
        element("span.range", {}, `${first}–${last} of ${list.count}`),
        step("Previous", page - 1, list.previous !== null, "prev"),
        step("Next", page + 1, list.next !== null, "next"));
}
