// The sign-in page. It stands in front of whatever page the address names, and gives way to it.

import { element } from "../elements/element.js";
import { Field, Form } from "../elements/field.js";
import { note } from "../elements/states.js";

const reasons = {
    expired: "Your session has ended. Sign in again to go on where you were.",
    elsewhere: "You signed out in another tab.",
    "signed-out": "You are signed out.",
};

/** @param {(username: string, password: string) => Promise<void>} signIn throws ApiError */
export function signInPage({ signIn, reason }) {
    const username = new Field("username", "Username", element("input", {
        type: "text", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true,
        maxlength: "150" }));
    const password = new Field("password", "Password", element("input", {
        type: "password", autocomplete: "current-password", required: true, maxlength: "1024" }));
    const button = element("button.button.primary", { type: "submit", id: "sign-in" }, "Sign in");
    const form = new Form([username, password], button, async () => {
        const missing = [username, password].filter((field) => field.value === "");
        for (const field of [username, password]) {
            field.refuse(missing.includes(field) ? ["This field is required."] : []);
        }
        if (missing.length > 0) return missing[0].control.focus();
        try {
            await signIn(username.value, password.value);
        } catch (error) {
            if (error.status === 401) {
                password.control.value = "";
                error.message = "Username or password is not right.";
            }
            throw error;
        }
    });
    form.element.append(username.element, password.element, form.problem, button);
    return {
        title: "Sign in",
        element: element("div.sign-in", {},
            element("h1", { tabindex: "-1" }, "Sign in to Nexify"),
            reason && note("info", element("p", {}, reasons[reason] ?? reason)),
            form.element),
        firstControl: username.control,
    };
}
