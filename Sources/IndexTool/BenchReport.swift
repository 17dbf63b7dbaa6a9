import VectorIndex

/// All that `bench` measured, as a table, as comma-separated values or as JSON.
struct BenchReport {
    let path: String
    let info: SnapshotInfo
    /// The instruction set of the kernels.
    let simd: String
    let k: Int
    let threads: Int
    let queries: Int
    let rounds: Int
    /// Whether the truth was computed here; otherwise it was given.
    let isTruthComputed: Bool
    let opening: OpeningTimes
    let peakResidentBytes: Int
    let points: [BenchPoint]

    /// The recalls at which engines are compared.
    static let comparedRecalls = [0.9, 0.95, 0.99]

    // MARK: Table

    private static let columns = [
        ("setting", 12), ("value", 8), ("recall", 8), ("QPS", 10), ("p50 us", 9), ("p99 us", 9), ("hops", 9),
        ("distances", 11), ("re-ranked", 10),
    ]

    var table: String {
        var lines = [heading, ""]
        lines.append(Self.columns.map { Text.aligned($0.0, $0.1) }.joined())
        for point in points {
            let cells = [
                point.settingName, point.setting == nil ? "" : point.valueText, Text.fixed(point.recall, 4),
                Text.grouped(point.qps), Text.fixed(point.p50Microseconds, 1), Text.fixed(point.p99Microseconds, 1),
                Text.fixed(point.hops, 1), Text.grouped(point.distances), Text.fixed(point.reranked, 1),
            ]
            lines.append(zip(cells, Self.columns).map { Text.aligned($0, $1.1) }.joined())
        }
        let compared = compared.map { "\(Text.fixed($0.recall, 2)): \(Text.grouped($0.qps))" }
        if !compared.isEmpty {
            lines += ["", "QPS at recall " + compared.joined(separator: ", ") + " (between the points around it)"]
        }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        let truth = isTruthComputed ? "truth computed exactly (BLAS)" : "truth from a file"
        return """
            \(path): \(Text.grouped(info.count)) vectors of \(info.dimensions) dimensions, \(info.metric.name), \
            \(Text.grouped(info.bytes)) bytes
            \(Text.grouped(queries)) queries, k = \(k), \(truth); \(threads) thread\(threads == 1 ? "" : "s"), \
            median of \(rounds) round\(rounds == 1 ? "" : "s"), \(simd)
            opened in \(milliseconds(opening.fullSeconds)) (fast \(milliseconds(opening.fastSeconds)), to the first answer \
            \(milliseconds(opening.fastToFirstAnswerSeconds))); peak memory \(Text.mebibytes(peakResidentBytes))
            """
    }

    private func milliseconds(_ seconds: Double) -> String { "\(Text.fixed(seconds * 1000, 2)) ms" }

    private var compared: [(recall: Double, qps: Double)] {
        Self.comparedRecalls.compactMap { recall in BenchPoint.qps(at: recall, of: points).map { (recall, $0) } }
    }

    // MARK: Comma-separated values

    var csv: String {
        (["setting,value,recall,qps,p50_us,p99_us,hops,distances,reranked"]
            + points.map { point in
                [
                    point.settingName, point.valueText, Text.fixed(point.recall, 6), Text.fixed(point.qps, 1),
                    Text.fixed(point.p50Microseconds, 2), Text.fixed(point.p99Microseconds, 2),
                    Text.fixed(point.hops, 2), Text.fixed(point.distances, 2), Text.fixed(point.reranked, 2),
                ].joined(separator: ",")
            }).joined(separator: "\n")
    }

    // MARK: JSON

    var json: String {
        var index = JSONObject()
        index.add("path", path)
        index.add("count", info.count)
        index.add("nodes", info.nodes)
        index.add("dimensions", info.dimensions)
        index.add("metric", info.metric.name)
        index.add("codeKind", info.codeKind)
        index.add("rowBytes", info.rowBytes)
        index.add("bytes", info.bytes)
        index.add("contentHash", info.contentHash)
        var open = JSONObject()
        open.add("fullSeconds", opening.fullSeconds, decimals: 6)
        open.add("fastSeconds", opening.fastSeconds, decimals: 6)
        open.add("fastToFirstAnswerSeconds", opening.fastToFirstAnswerSeconds, decimals: 6)
        var object = JSONObject()
        object.add("index", index)
        object.add("simd", simd)
        object.add("k", k)
        object.add("threads", threads)
        object.add("queries", queries)
        object.add("rounds", rounds)
        object.add("truth", isTruthComputed ? "computed" : "file")
        object.add("open", open)
        object.add("peakResidentBytes", peakResidentBytes)
        object.add("points", points.map(Self.json))
        object.add(
            "compared",
            compared.map { recall, qps in
                var object = JSONObject()
                object.add("recall", recall, decimals: 2)
                object.add("qps", qps, decimals: 1)
                return object
            })
        return "\(object)"
    }

    private static func json(_ point: BenchPoint) -> JSONObject {
        var object = JSONObject()
        object.add("setting", point.settingName)
        object.add("value", point.setting?.value ?? 0, decimals: 6)
        object.add("recall", point.recall, decimals: 6)
        object.add("qps", point.qps, decimals: 1)
        object.add("qpsMin", point.qpsMin, decimals: 1)
        object.add("qpsMax", point.qpsMax, decimals: 1)
        object.add("p50Microseconds", point.p50Microseconds, decimals: 2)
        object.add("p99Microseconds", point.p99Microseconds, decimals: 2)
        object.add("hops", point.hops, decimals: 2)
        object.add("distances", point.distances, decimals: 2)
        object.add("reranked", point.reranked, decimals: 2)
        return object
    }
}
