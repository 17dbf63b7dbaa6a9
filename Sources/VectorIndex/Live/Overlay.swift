/// The changes since a snapshot, by id: small, and scanned exactly.
struct Overlay: Sendable {
    struct Entry: Sendable {
        /// Of unit length under cosine; nil for a tombstone.
        var vector: [Float]?
        var labels: [Label]
        /// The version of the source that the change came with.
        var version: UInt64
    }

    private(set) var entries: [UInt64: Entry] = [:]
    /// Ids that are there, ascending, and their vectors side by side.
    private(set) var ids: [UInt64] = []
    private(set) var vectors: [Float] = []

    init() {}

    /// - Parameter entries: of vectors that were checked.
    init(_ entries: [UInt64: Entry]) {
        self.entries = entries
        ids = entries.filter { $0.value.vector != nil }.keys.sorted()
        for id in ids { vectors += entries[id]?.vector ?? [] }
    }

    func labels(of id: UInt64) -> [Label] { entries[id]?.labels ?? [] }

    /// The k nearest, best first.
    ///
    /// - Parameter query: of unit length under cosine.
    func nearest(
        to query: UnsafePointer<Float>, k: Int, metric: Metric, dimensions: Int, where filter: SearchFilter?
    ) -> [Neighbor] {
        guard !ids.isEmpty else { return [] }
        return vectors.withUnsafeBufferPointer { vectors in
            let exact = ExactVectors(
                base: vectors.baseAddress!, count: ids.count, dimensions: dimensions, metric: metric)
            var found: [ExactVectors.Scored]
            if let filter {
                let admitted = BitSet(bound: ids.count)
                for (row, id) in ids.enumerated() where filter.admits(id, labels: labels(of: id)) {
                    admitted.insert(row)
                }
                found = exact.nearest(to: query, k: k, among: admitted)
            } else {
                found = exact.nearest(to: query, k: k)
            }
            return found.map { Neighbor(id: ids[Int($0.row)], score: $0.score) }
        }
    }
}
