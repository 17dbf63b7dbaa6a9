import CBLAS

extension Snapshot {
    /// The true k nearest vectors of each query, best first, by comparing all: matrix products (BLAS) for many queries,
    /// one scan for one.
    ///
    /// Scores are those of `search`: candidates that the matrix product finds are scored anew in the fixed order.
    /// - Complexity: O(queries * n * dimensions).
    public func exactSearch(_ queries: [[Float]], k: Int) throws(VectorIndexError) -> [[Neighbor]] {
        try checkLimits(k: k)
        let dimensions = view.dimensions
        let prepared = AlignedBuffer<Float>(count: queries.count * dimensions)
        for (i, query) in queries.enumerated() { try loadQuery(query, into: prepared.base + i * dimensions) }
        let found = view.exact.nearest(toAll: prepared.base, count: queries.count, k: k, threads: System.processors)
        return try found.map { nearest throws(VectorIndexError) in
            try neighbors(count: nearest.count, k: k) { nearest[$0] }
        }
    }

    /// The true k nearest vectors of one query, best first, by one scan.
    ///
    /// - Complexity: O(n * dimensions).
    public func exactSearch(_ query: [Float], k: Int) throws(VectorIndexError) -> [Neighbor] {
        try exactSearch([query], k: k)[0]
    }

    /// The ids of scored nodes, best first; equal scores by id. Every search ends here: what was read must have been the
    /// file's.
    @inline(__always)
    func neighbors(
        count: Int, k: Int, within selection: Selection? = nil, _ scored: (Int) -> ExactVectors.Scored
    ) throws(VectorIndexError) -> [Neighbor] {
        var found: [Neighbor] = []
        found.reserveCapacity(count)
        // Groups of a damaged file may overlap, and an answer would be as large as it likes.
        let idsMax = selection?.count ?? view.count
        for i in 0..<count {
            let (score, node) = scored(i)
            // A node's ids ascend: those beyond k are never among the k best.
            var room = k
            for position in view.idPositions(of: Int(node)) where selection?.positions.contains(position) ?? true {
                guard room > 0, found.count < idsMax else { break }
                found.append(Neighbor(id: view.ids[position], score: score))
                room -= 1
            }
        }
        try view.file.checkWhole()
        found.sort(by: Neighbor.isBetter)
        if found.count > k { found.removeLast(found.count - k) }
        return found
    }
}
