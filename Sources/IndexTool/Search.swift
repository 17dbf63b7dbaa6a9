import ArgumentParser
import VectorIndex

/// `index-tool search`: the nearest neighbours of one vector.
struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search an index file for the neighbours of a vector or of one of its own ids.")

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Option(help: "Search for what is near a text; the index must be of the model that embeds it.")
    var text: String?

    @Option(help: "Search for the neighbours of this id's vector.")
    var id: UInt64?

    @Option(help: ArgumentHelp("Search for the neighbours of a vector in a .npy or .fvecs file.", valueName: "file"))
    var vector: String?

    @Option(help: "Which row of --vector.")
    var row = 0

    @Option(name: .customShort("k"), help: "How many neighbours.")
    var k = 10

    @Option(help: "Width of the search; the index's own when not given.")
    var efSearch: Int?

    @OptionGroup var model: ModelOption

    @Flag(help: "Compare all vectors instead of searching the graph.")
    var exact = false

    @Flag(help: "Print one JSON array.")
    var json = false

    func validate() throws {
        guard [text != nil, id != nil, vector != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("Say what to search for: one of --text, --id and --vector.")
        }
    }

    func run() throws {
        try ToolFailure.reported {
            let embedder = try text.map { _ in try TextModel(directory: model.directory) }
            let snapshot = try Snapshot(path: file, modelFingerprint: embedder?.fingerprint)
            let query = try embedder?.embed([text ?? ""], threads: 1)[0] ?? queryVector(snapshot)
            let found = exact
                ? try snapshot.exactSearch(query, k: k) : try snapshot.search(query, k: k, efSearch: efSearch)
            if json {
                let items = found.map { Text.json([("id", "\($0.id)"), ("score", Text.fixed(Double($0.score), 6))]) }
                print("[" + items.joined(separator: ", ") + "]")
            } else {
                for neighbor in found { print("\(Text.aligned("\(neighbor.id)", 12))  \(Text.fixed(Double(neighbor.score), 6))") }
            }
        }
    }

    private func queryVector(_ snapshot: Snapshot) throws(VectorIndexError) -> [Float] {
        if let id {
            guard let vector = snapshot.vector(id: id) else {
                throw VectorIndexError(.invalidParameter, "the index has no id \(id)", remedy: "Name an id that it has.", file: file)
            }
            return vector
        }
        let vectors = try VectorFile(path: vector ?? "")
        guard row >= 0, row < vectors.count else {
            throw VectorIndexError(
                .invalidParameter, "row \(row) is not one of \(vectors.count)", remedy: "Name a row from 0.", file: vector)
        }
        return vectors[row]
    }
}
