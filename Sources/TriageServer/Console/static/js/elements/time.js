// Moments and spans as people read them.

import { element } from "./element.js";

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

const steps = [["minute", 60], ["hour", 3_600], ["day", 86_400]];

/** "5 min. ago" within a week, the date before that. */
function spoken(moment) {
    const age_s = (Date.now() - moment.getTime()) / 1_000;
    if (Math.abs(age_s) < 45) return "just now";
    if (Math.abs(age_s) > 7 * 86_400) return day.format(moment);
    const [unit, length_s] = steps.findLast(([, length]) => Math.abs(age_s) >= length * 0.75) ?? steps[0];
    return relative.format(-Math.round(age_s / length_s), unit);
}

/** A `<time>` with the exact moment as its tooltip. */
export function time(iso) {
    const moment = new Date(iso);
    if (Number.isNaN(moment.getTime())) return element("span", {}, String(iso));
    return element("time", { datetime: iso, title: absolute.format(moment) }, spoken(moment));
}

/** A whole moment, for the places where the exact one is the point. */
export const fullTime = (date) => absolute.format(date);

/** 75 → "1 min 15 s". */
export function span(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(whole / 60);
    if (minutes >= 120) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
