// The console's line icons, 16 × 16. They are decoration: the word beside one carries the meaning.

const namespace = "http://www.w3.org/2000/svg";

/** Each shape: a path's `d`, or `[d, class]`, where the class is one of those in controls.css. */
const shapes = {
    low: [["M3 13V9", "bar"], ["M8 13V6", "bar off"], ["M13 13V3", "bar off"]],
    medium: [["M3 13V9", "bar"], ["M8 13V6", "bar"], ["M13 13V3", "bar off"]],
    high: [["M3 13V9", "bar"], ["M8 13V6", "bar"], ["M13 13V3", "bar"]],
    urgent: [["M8 1.8 15 14H1Z", "solid"], ["M8 6v3.6M8 11.7v.3", "knock"]],
    open: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11Z"],
    in_progress: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11Z", ["M8 5a3 3 0 0 1 0 6Z", "solid"]],
    resolved: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11Z", "m5.6 8.2 1.7 1.7 3.2-3.6"],
    pending: [["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11Z", "dashed"]],
    accepted: ["m3 8.6 3.2 3.2L13 4.6"],
    rejected: ["m4 4 8 8M12 4l-8 8"],
    spark: ["M8 1.8 9.5 6.5 14.2 8 9.5 9.5 8 14.2 6.5 9.5 1.8 8 6.5 6.5Z"],
    search: ["M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9Z", "m10.4 10.4 3.6 3.6"],
    plus: ["M8 3v10M3 8h10"],
    back: ["M9.5 3.5 5 8l4.5 4.5"],
    team: ["M8 2.8a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8Z", "M3.2 13.4c.4-2.8 2.3-4.2 4.8-4.2s4.4 1.4 4.8 4.2"],
    warning: ["M8 2.2 14.6 13.6H1.4Z", "M8 6.4v3.2M8 11.4v.2"],
    info: ["M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11Z", "M8 7.4v3.2M8 5.2v.2"],
    book: ["M3 3h4.2c.5 0 .8.3.8.8v9c0-.5-.4-.8-.8-.8H3ZM13 3H8.8c-.5 0-.8.3-.8.8v9c0-.5.4-.8.8-.8H13Z"],
    copy: ["M5.5 5.5h7v8h-7Z", "M3.5 10.5v-8h7"],
};

export function icon(name) {
    const drawing = document.createElementNS(namespace, "svg");
    drawing.setAttribute("viewBox", "0 0 16 16");
    drawing.setAttribute("class", `icon icon-${name}`);
    drawing.setAttribute("aria-hidden", "true");
    drawing.setAttribute("focusable", "false");
    for (const shape of shapes[name] ?? []) {
        const [d, style] = Array.isArray(shape) ? shape : [shape, ""];
        const path = document.createElementNS(namespace, "path");
        path.setAttribute("d", d);
        if (style) path.setAttribute("class", style);
        drawing.append(path);
    }
    return drawing;
}
