import ArgumentParser
import TextEmbedding
import VectorIndex

/// The embedder that turns `--text` into a vector; the only file that knows TextEmbedding.
struct TextModel {
    private let embedder: MiniLMEmbedder

    /// - Parameter directory: nil means where `scripts/setup.sh` puts the model.
    init(directory: String?) throws {
        do {
            embedder = try MiniLMEmbedder(modelDirectory: directory ?? MiniLMEmbedder.defaultModelDirectory)
        } catch {
            ToolFailure.say("Error: \(error)")
            throw ToolFailure.notChecked
        }
    }

    var fingerprint: String { embedder.fingerprint }
    var dimensions: Int { embedder.dimensions }

    func embed(_ texts: [String], threads: Int) -> [[Float]] { embedder.embed(texts, threads: threads) }
}

/// Where the model is, on every command that embeds.
struct ModelOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Directory of the embedding model; NEXIFY_MODEL_DIR or the set-up script's when not given.",
            valueName: "directory"))
    var model: String?

    var directory: String? { model ?? Environment.value("NEXIFY_MODEL_DIR") }
}
