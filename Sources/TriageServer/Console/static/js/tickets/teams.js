// The organisation's teams, asked for once.

import { select } from "../elements/field.js";

export class Teams {
    #api;
    #organization;
    #names = null;

    constructor(api, organization) {
        this.#api = api;
        this.#organization = organization;
    }

    /** Their names in order. A failure is forgotten, so that the next caller asks again. */
    async names() {
        this.#names ??= this.#api.teams(this.#organization)
            .then((list) => list.results.map((team) => team.name).sort((a, b) => a.localeCompare(b)))
            .catch((error) => {
                this.#names = null;
                throw error;
            });
        return this.#names;
    }

    /**
     * A select that fills itself. It works before the names are here, with the current value alone.
     * @param {string} none what the empty choice is called
     */
    select(value, none, attributes = {}) {
        const options = (names) => [["", none], ...names.map((name) => [name, name])];
        const first = value ? [value] : [];
        const control = select(options(first), value ?? "", attributes);
        this.names().then((names) => {
            const chosen = control.value;
            const all = chosen && !names.includes(chosen) ? [chosen, ...names] : names;
            control.replaceChildren(...select(options(all), chosen).children);
            control.value = chosen;
        }, () => {
            control.title = "The teams could not be loaded";
        });
        return control;
    }
}
