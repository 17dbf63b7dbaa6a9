// The text of cited passages, fetched when somebody wants to read one.

/** The page size that `endpoints.chunks` asks for. */
const chunksPerPage = 100;

export class Passages {
    #api;
    #organization;
    #signal;
    #pages = new Map();

    constructor(api, organization, signal) {
        this.#api = api;
        this.#organization = organization;
        this.#signal = signal;
    }

    /** The chunk's text, or null when the document has been changed since and no longer has it. */
    async text({ document_id, chunk_id, chunk_index }) {
        // Chunks come in order of their index, so its page is known.
        const page = Math.floor(chunk_index / chunksPerPage) + 1;
        const key = `${document_id}/${page}`;
        if (!this.#pages.has(key)) {
            const answer = this.#api.chunks(this.#organization, document_id, page, this.#signal);
            this.#pages.set(key, answer);
            answer.catch(() => this.#pages.delete(key));
        }
        try {
            const { results } = await this.#pages.get(key);
            return results.find((chunk) => chunk.id === chunk_id)?.text ?? null;
        } catch (error) {
            if (error.kind === "missing") return null;
            throw error;
        }
    }
}
