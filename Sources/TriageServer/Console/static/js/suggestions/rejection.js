// The question that a rejection asks: why, and what would have been right. All of it may be left open.

import { element } from "../elements/element.js";
import { dialog } from "../elements/dialog.js";
import { Field, Form, select } from "../elements/field.js";
import { priorities } from "../elements/chip.js";

const reasonMax = 2_000;

/** @param {(decision: object) => Promise<void>} decide throws ApiError to have it shown in the dialog */
export function askToReject(teams, decide) {
    dialog("Reject the suggestion", (close) => {
        const reason = new Field("reason", "Reason", element("textarea", { rows: "3", maxlength: reasonMax }),
            { hint: "Optional. It is kept in the ticket's activity." });
        const team = new Field("correct_team", "Right team", teams.select("", "Not said"));
        const priority = new Field("correct_priority", "Right priority", select([["", "Not said"], ...priorities], ""));
        const fields = [reason, team, priority];
        const button = element("button.button.danger", { type: "submit", id: "confirm-reject" }, "Reject");
        const form = new Form(fields, button, async () => {
            const decision = {};
            for (const field of fields) if (field.value.trim() !== "") decision[field.name] = field.value.trim();
            await decide(decision);
            close();
        });
        form.element.append(reason.element, element("div.field-row", {}, team.element, priority.element),
            element("p.hint", {}, "What you say here teaches the next suggestion."), form.problem,
            element("div.dialog-actions", {},
                element("button.button", { type: "button", click: close }, "Cancel"), button));
        return [form.element];
    });
}
