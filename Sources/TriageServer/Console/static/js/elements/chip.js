// Status, priority and team as small labels: a shape and a word, with colour only on top of both.

import { element } from "./element.js";
import { icon } from "./icon.js";

export const statuses = [["open", "Open"], ["in_progress", "In progress"], ["resolved", "Resolved"]];
export const priorities = [["urgent", "Urgent"], ["high", "High"], ["medium", "Medium"], ["low", "Low"]];
const decisions = [["pending", "Awaiting decision"], ["accepted", "Approved"], ["rejected", "Rejected"]];

const named = (pairs, value) => pairs.find(([key]) => key === value)?.[1] ?? String(value);

export const statusName = (value) => named(statuses, value);
export const priorityName = (value) => named(priorities, value);
export const decisionName = (value) => named(decisions, value);

const chip = (kind, value, name) =>
    element("span.chip", { data: { [kind]: value } }, icon(value), element("span", {}, name));

export const statusChip = (value) => chip("status", value, statusName(value));
export const priorityChip = (value) => chip("priority", value, priorityName(value));
export const decisionChip = (value) => chip("decision", value, decisionName(value));

export function teamChip(team) {
    if (!team) return element("span.chip.unassigned", {}, "Unassigned");
    return element("span.chip.team", {}, icon("team"), element("span", {}, team));
}
