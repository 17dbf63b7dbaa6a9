import ArgumentParser
import VectorIndex

/// `index-tool search`: the nearest neighbours of one vector.
struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search an index file for the neighbours of a vector or of one of its own ids.",
        discussion: """
            Prints ids and scores, nearest first. A score is the cosine, the inner product, or minus the squared Euclidean \
            distance: higher is nearer.
            """)

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Option(help: "Search for what is near a text; the index must be of the model that embeds it.")
    var text: String?

    @Option(help: ArgumentHelp("Search for the neighbours of this id's vector.", valueName: "number"))
    var id: UInt64?

    @Option(help: ArgumentHelp("Search for the neighbours of a vector in a .npy or .fvecs file.", valueName: "file"))
    var vector: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which row of --vector, from 0; 0 when not given.", valueName: "number"))
    var row: Int?

    @Option(
        name: .customShort("k"), parsing: .unconditional,
        help: ArgumentHelp("How many neighbours; 10 when not given.", valueName: "count"))
    var k: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("All vectors that score at least this, instead of the k nearest.", valueName: "score"))
    var atLeast: Float?

    @OptionGroup(title: "Effort") var effort: EffortOptions

    @Flag(help: "Compare all vectors instead of searching the graph.")
    var exact = false

    @OptionGroup var model: ModelOption

    @Flag(help: "Also print what the search did: rows expanded, distances computed, vectors ranked anew.")
    var stats = false

    @Flag(help: "Print JSON: an array, or with --stats an object.")
    var json = false

    func validate() throws {
        guard [text != nil, id != nil, vector != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("Say what to search for: one of --text, --id and --vector.")
        }
        guard row == nil || vector != nil else {
            throw ValidationError("--row is a row of --vector, which is not given.")
        }
        guard row ?? 0 >= 0 else { throw ValidationError("--row is \(row ?? 0); rows count from 0.") }
        guard (1...Snapshot.kMax).contains(k ?? 1) else {
            throw ValidationError("-k is \(k ?? 0); use 1 to \(Snapshot.kMax).")
        }
        guard atLeast == nil || k == nil else { throw ValidationError("Give one of -k and --at-least.") }
        guard !(atLeast?.isNaN ?? false) else { throw ValidationError("--at-least is not a number.") }
        guard !exact || (effort.effort == nil && atLeast == nil && !stats) else {
            throw ValidationError(
                "--exact compares all vectors: it takes no --target-recall, --slack, --ef, --at-least or --stats.")
        }
    }

    func run() throws {
        try ToolFailure.reported {
            let embedder = try text.map { _ in try TextModel(directory: model.directory) }
            let snapshot = try Snapshot(path: file, modelFingerprint: embedder?.fingerprint)
            let query = try embedder?.embed([text ?? ""], threads: 1)[0] ?? queryVector(snapshot)
            let scratch = SearchScratch()
            let found: [Neighbor]
            if exact {
                found = try snapshot.exactSearch(query, k: k ?? 10)
            } else if let atLeast {
                found = try snapshot.search(query, scoringAtLeast: atLeast, effort: effort.effort, scratch: scratch)
            } else {
                found = try snapshot.search(query, k: k ?? 10, effort: effort.effort, scratch: scratch)
            }
            let statistics = stats ? scratch.statistics : nil
            print(json ? Self.json(found, statistics) : Self.page(found, statistics), terminator: "")
        }
    }

    private static func page(_ found: [Neighbor], _ statistics: SearchStatistics?) -> String {
        var lines = found.map { "\(Text.aligned("\($0.id)", 12))  \(Text.fixed(Double($0.score), 6))" }
        if let statistics {
            let hops = statistics.hops == 0 ? "scanned" : "\(Text.grouped(statistics.hops)) hops"
            lines.append(
                "\(hops), \(Text.grouped(statistics.distances)) distances, \(Text.grouped(statistics.reranked)) re-ranked"
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func json(_ found: [Neighbor], _ statistics: SearchStatistics?) -> String {
        let neighbors = found.map { neighbor in
            var object = JSONObject()
            object.add("id", neighbor.id)
            object.add("score", Double(neighbor.score), decimals: 6)
            return object
        }
        guard let statistics else { return JSONObject.array(neighbors) + "\n" }
        var did = JSONObject()
        did.add("hops", statistics.hops)
        did.add("distances", statistics.distances)
        did.add("reranked", statistics.reranked)
        var object = JSONObject()
        object.add("neighbors", neighbors)
        object.add("statistics", did)
        return "\(object)\n"
    }

    private func queryVector(_ snapshot: Snapshot) throws(VectorIndexError) -> [Float] {
        if let id {
            guard let vector = try snapshot.vector(id: id) else {
                throw VectorIndexError(
                    .invalidParameter, "the index has no id \(id)", remedy: "Name an id that it has.", file: file)
            }
            return vector
        }
        let vectors = try VectorFile(path: vector ?? "")
        let row = row ?? 0
        guard row < vectors.count else {
            throw VectorIndexError(
                .invalidParameter, "row \(row) is not one of \(vectors.count)", remedy: "Name a row from 0.",
                file: vector)
        }
        return try vectors.vector(at: row)
    }
}
