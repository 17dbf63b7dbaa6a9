import VectorIndex

/// Searches for a sample of an index's own vectors, held against the exact answers over the same file.
///
/// A search asks for one neighbour more than counts, as the vector finds itself.
struct RecallSample: Sendable {
    /// The ids whose vectors are searched for, spread evenly over all.
    let ids: [UInt64]
    /// Neighbours of each that count.
    let k: Int

    static let neighbors = 10
    private static let queriesPerStep = 256

    /// What was found of what is true.
    struct Recall: Sendable {
        var queries: Int
        var k: Int
        var recall: Double
        /// Of the mean over the queries.
        var standardError: Double
        /// What the index's searches aim for.
        var target: Double

        /// Whether it falls short of the target by more than chance, and 0.02: the target was met on other vectors.
        var isTooLow: Bool { recall + 2 * standardError + RecallSample.slackOfTarget < target }
    }

    static let slackOfTarget = 0.02

    /// nil where there is nothing to compare.
    init?(of snapshot: Snapshot, count: Int) throws(VectorIndexError) {
        let all = try snapshot.ids
        k = min(Self.neighbors, all.count - 1)
        guard k > 0, count > 0 else { return nil }
        let sampled = min(count, all.count)
        ids = (0..<sampled).map { all[$0 * all.count / sampled] }
    }

    func recall(in snapshot: Snapshot, progress: (Int, Int) -> Void) throws(VectorIndexError) -> Recall {
        let scratch = SearchScratch()
        var shares: [Double] = []
        for start in stride(from: 0, to: ids.count, by: Self.queriesPerStep) {
            progress(start, ids.count)
            let step = ids[start..<min(start + Self.queriesPerStep, ids.count)]
            let vectors = try step.map { id throws(VectorIndexError) in try snapshot.vector(id: id) ?? [] }
            let exact = try snapshot.exactSearch(vectors, k: k + 1)
            for (i, id) in step.enumerated() {
                let found = try snapshot.search(vectors[i], k: k + 1, scratch: scratch)
                let truth = Set(exact[i].lazy.filter { $0.id != id }.prefix(k).map(\.id))
                let hits = found.lazy.filter { $0.id != id }.prefix(k).count { truth.contains($0.id) }
                shares.append(Double(hits) / Double(k))
            }
        }
        return Self.recall(shares, k: k, target: snapshot.info.targetRecall)
    }

    /// - Parameter shares: of each query's neighbours; not empty.
    static func recall(_ shares: [Double], k: Int, target: Double) -> Recall {
        let count = Double(shares.count)
        let mean = shares.reduce(0, +) / count
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        return Recall(
            queries: shares.count, k: k, recall: mean, standardError: (variance / count).squareRoot(), target: target)
    }
}
