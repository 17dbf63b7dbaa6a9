// The session inspector: what the server knows of the signed-in person, and how long the access token still lives.

import { element, fill } from "../elements/element.js";
import { busy } from "../elements/field.js";
import { facts, json } from "../elements/facts.js";
import { fullTime, span } from "../elements/time.js";
import { loading, Region } from "../elements/states.js";
import { decoded } from "../session/token.js";

export function sessionPage({ api, session, signal, announcer }) {
    const me = new Region(signal, "div", { id: "me" });
    const load = () => me.load(async () =>
        json(await api.me(signal), { id: "me-json", "aria-label": "Answer of /api/me/" }),
    { placeholder: loading("your account", 8), keep: true });

    const tokens = element("div", { id: "token" });
    const remaining = element("span", { id: "token-remaining" });
    const tick = () => fill(remaining, remainingWords(session));
    const showToken = () => {
        const token = decoded(session.access);
        const ends = session.accessEnds_ms;
        tick();
        fill(tokens,
            facts([
                ["Time left", remaining],
                ["Ends at", ends === null ? "The token does not say" : fullTime(new Date(ends))],
                ["Algorithm", token?.header.alg], ["Key", token?.header.kid],
                ["Issuer", token?.claims.iss], ["Audience", token && String(token.claims.aud ?? "")],
                ["User", token?.claims.user_id],
            ]),
            element("details", {}, element("summary", {}, "Header and claims"),
                json(token ?? "This is not a JSON Web Token", { "aria-label": "Access token" })));
    };
    const ticking = setInterval(tick, 1_000);
    signal.addEventListener("abort", () => clearInterval(ticking));
    session.addEventListener("rotated", showToken, { signal });

    const reload = element("button.button", { type: "button", click: load }, "Ask again");
    const refresh = element("button.button", { type: "button", id: "refresh-token", click: async () => {
        const restore = busy(refresh);
        try {
            await api.refresh(session.access);
            announcer.notify("The tokens were replaced.");
        } catch (error) {
            announcer.notify(error.sentence ?? error.message, "problem");
        } finally {
            restore();
        }
    } }, "Refresh now");

    load();
    showToken();
    return {
        title: "Session",
        element: element("div.page.session-page", {},
            element("h1", { tabindex: "-1" }, "Session"),
            element("section.card", { "aria-labelledby": "me-heading" },
                element("header.card-head", {},
                    element("h2", { id: "me-heading" }, "Who the server says you are"),
                    element("code", {}, "GET /api/me/"), reload),
                me.element),
            element("section.card", { "aria-labelledby": "token-heading" },
                element("header.card-head", {}, element("h2", { id: "token-heading" }, "Access token"), refresh),
                element("p.hint", {}, "It is replaced by itself shortly before it ends. "
                    + "Only the open tabs keep it: with the last of them it is gone."),
                tokens)),
    };
}

function remainingWords(session) {
    const ends = session.accessEnds_ms;
    if (ends === null) return "Unknown";
    const left_s = (ends - Date.now()) / 1_000;
    return left_s > 0 ? span(left_s) : "Ended; the next request replaces it";
}
