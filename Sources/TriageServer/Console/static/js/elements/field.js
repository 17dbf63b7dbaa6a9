// A labelled control with its hint and its error, and the form that shows a refused answer at the right fields.

import { element, fill, uniqueID } from "./element.js";

export class Field {
    /**
     * @param {string} name the API's name for it: errors find their field by it
     * @param {string} label
     * @param {HTMLElement} control input, select or textarea
     * @param {object} options `hint`; `hideLabel` keeps the label for screen readers only
     */
    constructor(name, label, control, { hint, hideLabel = false } = {}) {
        this.name = name;
        this.control = control;
        control.id ||= uniqueID(name.replaceAll(/[^a-z0-9]+/gi, "-"));
        control.name ||= name;
        this.hint = hint ? element("p.hint", { id: `${control.id}-hint` }, hint) : null;
        this.problem = element("p.field-error", { id: `${control.id}-error`, hidden: true });
        this.element = element("div.field", {},
            element(hideLabel ? "label.visually-hidden" : "label", { for: control.id }, label),
            control, this.hint, this.problem);
        this.#describe();
    }

    get value() { return this.control.value; }

    /** Shows messages under the control, or clears them with an empty list. */
    refuse(messages) {
        const isWrong = messages.length > 0;
        fill(this.problem, messages.join(" "));
        this.problem.hidden = !isWrong;
        if (isWrong) this.control.setAttribute("aria-invalid", "true");
        else this.control.removeAttribute("aria-invalid");
        this.#describe();
    }

    #describe() {
        const ids = [this.hint?.id, this.problem.hidden ? null : this.problem.id].filter(Boolean);
        if (ids.length > 0) this.control.setAttribute("aria-describedby", ids.join(" "));
        else this.control.removeAttribute("aria-describedby");
    }
}

export function select(options, value, attributes = {}) {
    const control = element("select", attributes,
        options.map(([key, name]) => element("option", { value: key }, name)));
    control.value = value ?? "";
    return control;
}

/** A form that submits by API: fields, a place for the error of the whole, one button that says it is busy. */
export class Form {
    /**
     * @param {Field[]} fields
     * @param {HTMLButtonElement} button the submit button; it must be placed by the caller, like the fields
     * @param {() => Promise<void>} submit throws ApiError to have it shown
     */
    constructor(fields, button, submit, attributes = {}) {
        this.fields = fields;
        this.button = button;
        this.problem = element("div.form-error", { role: "alert", hidden: true });
        this.element = element("form", { novalidate: true, ...attributes, submit: (event) => {
            event.preventDefault();
            this.send(submit);
        } });
    }

    async send(submit) {
        if (this.button.getAttribute("aria-busy") === "true") return;
        this.show(null);
        const restore = busy(this.button);
        try {
            await submit();
        } catch (error) {
            this.show(error);
        } finally {
            restore();
        }
    }

    /** Puts an error's parts where they belong and the focus on the first wrong field; null clears. */
    show(error) {
        const rest = [];
        const byField = { ...error?.fields };
        for (const field of this.fields) {
            field.refuse(byField[field.name] ?? []);
            delete byField[field.name];
        }
        for (const [name, messages] of Object.entries(byField)) rest.push(`${name}: ${messages.join(" ")}`);
        const atFields = error && Object.keys(error.fields ?? {}).length > 0;
        if (error && (!atFields || rest.length > 0)) rest.unshift(error.message);
        fill(this.problem, rest.join(" "));
        this.problem.hidden = rest.length === 0;
        if (error) (this.fields.find((field) => !field.problem.hidden)?.control ?? this.button).focus();
    }
}

/** Marks a button as busy without taking the focus from it; gives the function that ends this. */
export function busy(button) {
    button.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    return () => {
        button.removeAttribute("aria-busy");
        button.removeAttribute("aria-disabled");
    };
}

/** A control that the reader's role may not use: visible, announced as unavailable, and saying why. */
export function forbid(control, reasonID) {
    control.disabled = true;
    control.setAttribute("aria-describedby", reasonID);
    return control;
}
