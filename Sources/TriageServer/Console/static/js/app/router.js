// Which page the address's hash names, and moving between pages.

import { element } from "../elements/element.js";

/** `#/tickets/12?tab=x` → `{path: "/tickets/12", query: {tab: "x"}}`. */
export function parsed(hash) {
    const [path, search = ""] = hash.replace(/^#/, "").split("?", 2);
    return { path: path || "/", query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The reverse; empty values are left out. */
export function address(path, query = {}) {
    const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
    const search = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
    return `#${path}${search ? `?${search}` : ""}`;
}

export class Router {
    #routes;
    #outlet;
    #makeContext;
    #leaving = null;
    #current = null;

    /**
     * @param {Array<[string, Function]>} routes pattern ("/tickets/:id", where :id is digits) and the page's function.
     *   It gets a context and gives `{title, element, keys?, update?}`; `update(query)` spares a page from being made
     *   anew when only the query changed.
     * @param {HTMLElement} outlet
     * @param {(facts: object) => object} makeContext adds to `{params, query, signal}` what every page needs
     */
    constructor(routes, outlet, makeContext) {
        this.#routes = routes.map(([pattern, page]) => ({
            page, expression: new RegExp(`^${pattern.replaceAll(/:(\w+)/g, "(?<$1>\\d{1,15})")}/?$`),
        }));
        this.#outlet = outlet;
        this.#makeContext = makeContext;
    }

    get keys() { return this.#current?.keys ?? {}; }
    get path() { return this.#current?.path ?? ""; }

    /** Shows what the address names now. */
    show({ takeFocus = true, anew = false } = {}) {
        const { path, query } = parsed(location.hash);
        if (!anew && this.#current?.path === path && this.#current.update) {
            this.#current.update(query);
            return;
        }
        this.leave();
        this.#leaving = new AbortController();
        const found = this.#routes.map(({ page, expression }) => ({ page, match: expression.exec(path) }))
            .find(({ match }) => match);
        const context = this.#makeContext({
            query, signal: this.#leaving.signal,
            params: Object.fromEntries(Object.entries(found?.match.groups ?? {}).map(([k, v]) => [k, Number(v)])),
        });
        const page = found ? found.page(context) : missingPage();
        this.#current = { ...page, path };
        this.#outlet.replaceChildren(page.element);
        this.setTitle(page.title);
        window.scrollTo(0, 0);
        if (takeFocus) this.#outlet.querySelector("h1")?.focus({ preventScroll: true });
    }

    leave() {
        this.#leaving?.abort();
        this.#current = null;
    }

    setTitle(title) { document.title = `${title} · Nexify`; }
}

function missingPage() {
    return {
        title: "Not found",
        element: element("div.page", {},
            element("h1", { tabindex: "-1" }, "There is no such page"),
            element("p", {}, "The address may be incomplete. ",
                element("a", { href: "#/tickets" }, "Go to the tickets"), ".")),
    };
}
