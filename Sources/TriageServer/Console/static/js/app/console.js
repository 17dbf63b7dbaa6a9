// Puts the console together: session, client, membership, frame, router, keys. It alone knows all of them.

import { ApiClient } from "../api/client.js";
import { endpoints } from "../api/endpoints.js";
import { element } from "../elements/element.js";
import { loading, Region } from "../elements/states.js";
import { Membership } from "../session/membership.js";
import { Session } from "../session/session.js";
import { Tabs } from "../session/tabs.js";
import { signInPage } from "../account/sign-in.js";
import { Teams } from "../tickets/teams.js";
import { Announcer } from "./announcer.js";
import { pages } from "./pages.js";
import { Readiness } from "./readiness.js";
import { Router } from "./router.js";
import { Shell } from "./shell.js";
import { Shortcuts } from "./shortcuts.js";

export class Console {
    #session = new Session();
    #tabs = new Tabs(this.#session);
    #api = endpoints(new ApiClient(this.#session));
    #announcer = new Announcer();
    #shell;
    #router;
    #shortcuts;
    #membership = null;
    #teams = null;
    /** What pages leave for each other while the tab lives: the last list's ids and address. */
    #memory = { ticketIDs: [], listAddress: "#/tickets", opened: null };

    constructor(root) {
        this.#shell = new Shell(root, new Readiness().element, this.#announcer.element, {
            help: () => this.#shortcuts.help(),
            signOut: () => this.#signOut(),
            choose: (id) => this.#choose(id),
        });
        this.#router = new Router(pages, this.#shell.outlet, (facts) => this.#context(facts));
        this.#shortcuts = new Shortcuts(() => this.#router.keys, this.#keysEverywhere());
        window.addEventListener("hashchange", () => this.#show());
        this.#session.addEventListener("started", () => this.#enter());
        this.#session.addEventListener("ended", ({ detail }) => this.#askToSignIn(detail.reason));
    }

    async start() {
        await this.#tabs.ask();
        // ask() may have brought a session, whose "started" has then entered already.
        if (this.#session.isActive && !this.#membership) await this.#enter({ takeFocus: false });
        else if (!this.#session.isActive) this.#askToSignIn(null);
    }

    async #enter({ takeFocus = true } = {}) {
        this.#router.leave();
        const leaving = new AbortController();
        this.#session.addEventListener("ended", () => leaving.abort(), { once: true });
        const region = new Region(leaving.signal, "div.page");
        this.#shell.outlet.replaceChildren(region.element);
        await region.load(async () => {
            this.#membership = Membership.remembered(await this.#api.me(leaving.signal));
            return [];
        }, { placeholder: loading("your account", 6) });
        if (!this.#membership || leaving.signal.aborted) return;
        this.#furnish();
        this.#show({ takeFocus });
    }

    #furnish() {
        this.#shell.show(this.#membership);
        this.#teams = new Teams(this.#api, this.#membership.organization?.id);
        this.#memory = { ticketIDs: [], listAddress: "#/tickets", opened: null };
    }

    #show(options) {
        if (!this.#membership) return;
        if (location.hash === "" || location.hash === "#/") history.replaceState(null, "", "#/tickets");
        this.#router.show(options);
        this.#shell.mark(this.#router.path);
    }

    #context(facts) {
        return {
            ...facts, api: this.#api, session: this.#session, announcer: this.#announcer, membership: this.#membership,
            organization: this.#membership.organization?.id, teams: this.#teams, memory: this.#memory,
            setTitle: (title) => this.#router.setTitle(title),
            go: (hash) => { location.hash = hash; },
        };
    }

    #askToSignIn(reason) {
        if (reason === "signed-out") {
            Membership.forget();
            history.replaceState(null, "", "#/tickets"); // the next person does not land on this one's page
        }
        this.#membership = null;
        this.#router.leave();
        this.#shell.show(null);
        this.#shell.mark("");
        for (const open of document.querySelectorAll("dialog[open]")) open.close();
        const page = signInPage({ reason, signIn: async (username, password) => {
            this.#session.start(await this.#api.signIn(username, password));
        } });
        this.#router.setTitle(page.title);
        this.#shell.outlet.replaceChildren(page.element);
        page.firstControl.focus();
    }

    async #signOut() {
        const refresh = this.#session.refresh;
        this.#session.end("signed-out");
        try {
            if (refresh) await this.#api.signOut(refresh);
        } catch (error) {
            // Here the session is gone already; there it ends by itself.
            this.#announcer.notify(`The server was not told: ${error.sentence}`, "problem");
        }
    }

    #choose(id) {
        Membership.remember(id);
        this.#membership = new Membership(this.#membership.me, id);
        this.#furnish();
        history.replaceState(null, "", "#/tickets"); // an id of the old organisation means nothing in the new one
        this.#show({ anew: true });
    }

    #keysEverywhere() {
        const go = (hash) => () => { if (this.#membership) location.hash = hash; };
        return { "/": go("#/tickets?focus=search"), g: go("#/tickets"), n: go("#/tickets/new") };
    }
}

/** Starts the console in `root`; a fault at start is shown instead of a blank page. */
export async function startConsole(root) {
    try {
        await new Console(root).start();
    } catch (error) {
        console.error(error);
        root.replaceChildren(element("p.failed", { role: "alert" }, `The console could not start: ${error.message}`));
    }
}
