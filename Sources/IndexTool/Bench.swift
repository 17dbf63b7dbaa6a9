import ArgumentParser
import VectorIndex

/// `index-tool bench`: recall beside speed, over a sweep of settings.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure recall and speed of an index over a sweep of settings.",
        discussion: """
            Each setting is searched with all queries, one at a time on each thread. Queries a second are the median over \
            rounds in which the settings take turns; latencies come from a round of their own. Without --slack, --ef or \
            --target-recall the slack grows until the recall is 0.9995. An index without a graph is scanned: one point.

            With --filter each query's answers are among the ids of a mask: see docs/decisions/filters.md.

            The true neighbours are computed exactly (BLAS) when --truth does not give them: a .npy file of whole numbers, \
            one row a query with at least k ids, nearest first.
            """)

    @Option(help: ArgumentHelp("The index file.", valueName: "file"))
    var index: String

    @Option(help: ArgumentHelp("Queries: .npy or .fvecs.", valueName: "file"))
    var queries: String

    @Option(help: ArgumentHelp("True neighbours of the queries: .npy.", valueName: "file"))
    var truth: String?

    @Option(
        help: ArgumentHelp(
            "Masks of ids that may be answers: .npy, one row a filter, which the queries take in turn.",
            valueName: "file"))
    var filter: String?

    @Option(
        name: .customShort("k"), parsing: .unconditional, help: ArgumentHelp("How many neighbours.", valueName: "count")
    )
    var k = 10

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that share the queries, up to 1024; 0 means one per processor.", valueName: "count")
    )
    var threads = 1

    @Option(parsing: .unconditional, help: ArgumentHelp("Timed rounds, up to 1000.", valueName: "count"))
    var rounds = 5

    @OptionGroup(title: "Sweep") var lists: SweepOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Print comma-separated values.")
    var csv = false

    @Option(help: ArgumentHelp("Draw recall against queries a second: a .svg file.", valueName: "file"))
    var plot: String?

    func validate() throws {
        guard (1...Snapshot.kMax).contains(k) else { throw ValidationError("-k is \(k); use 1 to \(Snapshot.kMax).") }
        guard (0...1024).contains(threads) else { throw ValidationError("--threads is \(threads); use 0 to 1024.") }
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is \(rounds); use 1 to 1000.") }
        guard !(json && csv) else { throw ValidationError("Give one of --json and --csv.") }
        guard plot?.hasSuffix(".svg") ?? true else {
            throw ValidationError("--plot is \"\(plot ?? "")\"; name a .svg file.")
        }
    }

    func run() throws {
        try ToolFailure.reported {
            if let plot { try OutputFile.check(plot) }
            let vectors = try queryVectors()
            let (opening, snapshot) = try OpeningTimes.measure(path: index, query: vectors[0], k: k)
            var line = ProgressLine(vectors: 0)
            let filters =
                try filter.map { path throws(VectorIndexError) in
                    try FilterFile(path: path, ids: snapshot.info.count).selections(in: snapshot)
                } ?? []
            let run = BenchRun(
                snapshot: snapshot, queries: vectors, filters: filters,
                truth: try trueNeighbors(of: vectors, filters, in: snapshot, &line), k: k,
                threads: threads > 0 ? threads : Environment.processors)
            let points = try run.points(try lists.sweep ?? .standard, rounds: rounds) {
                line.show($0, done: $1, total: $2)
            }
            line.clear()
            let report = BenchReport(
                path: index, info: snapshot.info, simd: Kernels.active.name, k: k, threads: run.threads,
                queries: vectors.count, rounds: rounds, isTruthComputed: truth == nil, opening: opening,
                peakResidentBytes: PeakMemory.bytes, points: points)
            print(json ? report.json : csv ? report.csv : report.table)
            if let plot { try TextFile.write(RecallPlot(report).svg, to: plot) }
        }
    }

    /// All queries, each of which the index can be asked.
    private func queryVectors() throws(VectorIndexError) -> [[Float]] {
        let info = try Snapshot(path: index, verification: .fast).info
        let file = try VectorFile(path: queries)
        guard file.count > 0 else {
            throw VectorIndexError(
                .invalidParameter, "the file holds no queries", remedy: "Give a file with at least one row.",
                file: queries)
        }
        guard file.dimensions == info.dimensions else {
            throw VectorIndexError(
                .dimensionMismatch, "the queries have \(file.dimensions) dimensions and the index \(info.dimensions)",
                remedy: "Give queries of the model that the index was built with.", file: queries)
        }
        var vectors: [[Float]] = []
        vectors.reserveCapacity(file.count)
        try file.forEach { row, vector throws(VectorIndexError) in
            // A query must be what a vector must be.
            var check = SnapshotBuilder(dimensions: info.dimensions, metric: info.metric)
            do throws(VectorIndexError) {
                try check.add(id: 0, vector: vector)
            } catch {
                var located = error
                located.file = queries
                located.message += " (row \(row))"
                throw located
            }
            vectors.append(Array(vector))
        }
        return vectors
    }

    private func trueNeighbors(
        of vectors: [[Float]], _ filters: [Selection], in snapshot: Snapshot, _ line: inout ProgressLine
    ) throws(VectorIndexError) -> [Set<UInt64>] {
        guard let truth else {
            line.show("truth", done: 0, total: 0)
            guard filters.isEmpty else {
                var found: [Set<UInt64>] = []
                for (i, vector) in vectors.enumerated() {
                    let nearest = try snapshot.search(
                        vector, k: k, within: filters[i % filters.count], effort: .targetRecall(1))
                    found.append(Set(nearest.map(\.id)))
                }
                return found
            }
            return try snapshot.exactSearch(vectors, k: k).map { Set($0.map(\.id)) }
        }
        return try TruthFile(path: truth, queries: vectors.count, k: k).neighbors(k: k, in: snapshot)
    }
}
