// One operation: a line that opens to its parameters, its body, its answers and a command to try.

import { element } from "../js/elements/element.js";
import { command, exampleOf } from "./example.js";
import { inline, prose } from "./prose.js";
import { membersView, opening, resolve, typeText } from "./schema.js";

const ACCESS = {
    anybody: "Anybody", "signed-in": "Signed in", viewer: "Viewers", agent: "Agents", admin: "Admins",
};

export function operationView(api, one) {
    const { path, method, operation } = one;
    const summary = element("summary", {},
        element("span.method", { data: { method } }, method.toUpperCase()),
        element("code.path", {}, path.split(/(\{\w+\})/).map((part) =>
            part.startsWith("{") ? element("span.variable", {}, part) : part)),
        element("span.summary", {}, operation.summary),
        element("span.chip.access", { title: "Who may" }, who(operation)));
    const details = opening(summary, () => content(api, one));
    details.className = "operation";
    details.id = operation.operationId;
    return details;
}

function who(operation) {
    const name = ACCESS[operation["x-access"]] ?? operation["x-access"];
    return operation.security.some((one) => "apiKey" in one) ? `${name}, or a key` : name;
}

function content(api, one) {
    const { operation } = one;
    const body = operation.requestBody?.content["application/json"];
    return element("div.content", {},
        operation.description && prose(operation.description),
        operation.parameters && part("Parameters", parameters(api, operation.parameters)),
        body && part(operation.requestBody.required ? "Body" : "Body (optional)", schema(api, body.schema)),
        part("Answers", Object.entries(operation.responses).map(([status, answer]) => answerView(api, status, answer))),
        part("Try it", element("pre.json", { tabindex: "0", "aria-label": "Command" }, command(api, one))));
}

function part(title, ...children) {
    return element("section.part", {}, element("h3", {}, title), children);
}

function parameters(api, list) {
    return element("ul.members", {}, list.map((one) => element("li", {},
        element("code.name", {}, one.name), element("span.place", {}, one.in),
        element("span.type", {}, typeText(api, one.schema)),
        !one.required && element("span.optional", {}, "optional"),
        element("span.muted", {}, inline(one.description ?? "")))));
}

function schema(api, value) {
    return [
        element("p.type", {}, typeText(api, value)), membersView(api, value),
        element("pre.json", { tabindex: "0", "aria-label": "Example" }, JSON.stringify(exampleOf(api, value), null, 2)),
    ];
}

function answerView(api, status, given) {
    const answer = resolve(api, given);
    const line = element("summary", {},
        element("code.status", { data: { kind: status[0] } }, status), element("span", {}, inline(answer.description)));
    const details = opening(line, () => element("div.answer", {},
        element("p.muted", {}, "Header fields: ", Object.keys(answer.headers).map((name, index) =>
            [index > 0 && ", ", element("code", {}, name)])),
        Object.entries(answer.content ?? {}).map(([type, media]) =>
            [element("p", {}, element("code", {}, type)), type.endsWith("json") && schema(api, media.schema)])));
    details.open = status[0] === "2";
    return details;
}
