// Narrows the operations to those that have every word that is typed. "/" goes to the box, Escape empties it.

export class Search {
    #box;
    #found;
    #chapters;

    constructor(box, found, chapters) {
        this.#box = box;
        this.#found = found;
        this.#chapters = chapters;
        box.addEventListener("input", () => this.apply());
        addEventListener("keydown", (event) => this.#key(event));
    }

    apply() {
        const words = this.#box.value.toLowerCase().split(/\s+/).filter(Boolean);
        let count = 0;
        let total = 0;
        for (const { entries, contents, section } of this.#chapters) {
            let shown = 0;
            for (const { view, link, text } of entries) {
                const fits = words.every((word) => text.includes(word));
                view.hidden = link.hidden = !fits;
                if (fits) shown += 1;
            }
            section.hidden = contents.hidden = shown === 0;
            count += shown;
            total += entries.length;
        }
        this.#found.textContent = words.length === 0 ? `${total} operations` : `${count} of ${total} operations`;
    }

    #key(event) {
        if (event.key === "/" && !event.target.closest("input") && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            this.#box.focus();
        } else if (event.key === "Escape" && event.target === this.#box) {
            this.#box.value = "";
            this.apply();
        }
    }
}
