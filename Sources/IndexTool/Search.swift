import ArgumentParser
import VectorIndex

/// `index-tool search`: the nearest neighbours of one vector.
struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search an index file for what is near a text, a vector or one of its own ids.",
        discussion: """
            Prints ids and scores, nearest first. A score is the cosine, the inner product, or minus the squared Euclidean \
            distance: higher is nearer.

            --explain tells the search step by step: where its slack comes from (a target of recall is looked up in the \
            curve that the builder measured), the entries, every row that it expanded with its distance as it was estimated \
            and by its 8-bit code, its place among the nearest and the limit at the time, why it ended, and what was ranked \
            anew by exact scores. --why adds what became of one id: its exact score and rank, where it was seen, and why it \
            is or is not in the answer.
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

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Only ids with this label; may be given again: values of one field are alternatives, fields must all hold.",
            valueName: "field=value"))
    var filters: [String] = []

    @OptionGroup var model: ModelOption

    @Flag(help: "Also print what the search did: rows expanded, distances computed, vectors ranked anew.")
    var stats = false

    @Flag(help: "Tell the search step by step.")
    var explain = false

    @Option(help: ArgumentHelp("Tell it, and what became of this id.", valueName: "number"))
    var why: UInt64?

    @Flag(help: "Print JSON: an array, or with --stats, --explain or --why an object.")
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
        guard !isExplained || !(exact || atLeast != nil || stats) else {
            throw ValidationError(
                "--explain and --why tell a search for k neighbours, statistics and all: they take no --exact, --at-least or --stats."
            )
        }
        guard filters.allSatisfy({ Label(parsing: $0) != nil }) else {
            throw ValidationError("--where takes field=value.")
        }
        guard filters.isEmpty || !(isExplained || atLeast != nil) else {
            throw ValidationError(
                "--where goes with a search for k neighbours: it takes no --explain, --why or --at-least.")
        }
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
            if isExplained {
                let explanation = try snapshot.explain(query, k: k ?? 10, effort: effort.effort, subject: why)
                let page = ExplanationPage(explanation, of: snapshot)
                return print(json ? page.json : page.text)
            }
            let scratch = SearchScratch()
            let found: [Neighbor]
            if !filters.isEmpty {
                found = try snapshot.search(
                    query, k: k ?? 10, where: filter, effort: exact ? .targetRecall(1) : effort.effort, scratch: scratch
                )
            } else if exact {
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

    private var filter: SearchFilter {
        let labels = filters.compactMap { Label(parsing: $0) }
        let fields = Dictionary(grouping: labels, by: \.field)
        return SearchFilter(fields.keys.sorted().map { .labeled(Set(fields[$0] ?? [])) })
    }

    private var isExplained: Bool { explain || why != nil }

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
