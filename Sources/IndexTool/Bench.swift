import ArgumentParser
import VectorIndex

/// `index-tool bench`: recall beside speed, over a sweep of search widths.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure recall and speed of an index over a sweep of search widths.",
        discussion: "Truth is computed exactly. One thread, one query at a time; the best of several rounds counts.")

    @Option(help: ArgumentHelp("The index file.", valueName: "file"))
    var index: String

    @Option(help: ArgumentHelp("Queries: .npy or .fvecs.", valueName: "file"))
    var queries: String

    @Option(name: .customShort("k"), help: "How many neighbours.")
    var k = 10

    @Option(help: "Widths to measure, separated by commas.")
    var ef = "10,16,24,32,48,64,96,128,192,256"

    @Option(help: "Rounds per width.")
    var rounds = 5

    @Flag(help: "Print comma-separated values.")
    var csv = false

    func run() throws {
        try ToolFailure.reported {
            let snapshot = try Snapshot(path: index)
            let file = try VectorFile(path: queries)
            guard file.count > 0 else {
                throw VectorIndexError(
                    .invalidParameter, "there are no queries in \(queries)",
                    remedy: "Give a file with at least one row.")
            }
            let vectors = (0..<file.count).map { file[$0] }
            let truth = try snapshot.exactSearch(vectors, k: k).map { Set($0.map(\.id)) }
            print(csv ? "ef,recall,qps,p50_us,p99_us" : "      ef   recall        QPS   p50 us   p99 us")
            for width in ef.split(separator: ",").compactMap({ Int($0) }) {
                let point = try measure(snapshot, vectors, truth, width)
                let cells = [
                    "\(width)", Text.fixed(point.recall, 4), Text.fixed(point.qps, 0), Text.fixed(point.p50, 1),
                    Text.fixed(point.p99, 1),
                ]
                print(
                    csv
                        ? cells.joined(separator: ",")
                        : zip(cells, [8, 8, 10, 8, 8]).map { Text.aligned($0, $1) }.joined(separator: " "))
            }
        }
    }

    private func measure(
        _ snapshot: Snapshot, _ queries: [[Float]], _ truth: [Set<UInt64>], _ width: Int
    ) throws(VectorIndexError) -> (recall: Double, qps: Double, p50: Double, p99: Double) {
        let clock = ContinuousClock()
        let scratch = SearchScratch()
        var hits = 0
        var wanted = 0
        var best = Double.infinity
        var times = [Double](repeating: .infinity, count: queries.count)
        for round in 0..<max(rounds, 1) {
            let started = clock.now
            for (i, query) in queries.enumerated() {
                let from = clock.now
                let found = try snapshot.search(query, k: k, efSearch: width, scratch: scratch)
                times[i] = min(times[i], Text.seconds(clock.now - from) * 1e6)
                if round == 0 {
                    hits += found.reduce(0) { $0 + (truth[i].contains($1.id) ? 1 : 0) }
                    wanted += truth[i].count
                }
            }
            best = min(best, Text.seconds(clock.now - started))
        }
        times.sort()
        return (
            Double(hits) / Double(max(wanted, 1)), Double(queries.count) / best, times[times.count / 2],
            times[times.count * 99 / 100]
        )
    }
}
