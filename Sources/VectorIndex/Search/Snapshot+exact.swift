import CBLAS

extension Snapshot {
    /// The true k nearest vectors of each query, best first, by comparing all: matrix products (BLAS) for many queries,
    /// one scan for one.
    ///
    /// Scores are those of `search`: candidates that the matrix product finds are scored anew in the fixed order.
    /// - Complexity: O(queries * n * dimensions).
    public func exactSearch(_ queries: [[Float]], k: Int) throws(VectorIndexError) -> [[Neighbor]] {
        try checkLimits(k: k)
        let prepared = AlignedBuffer<Float>(count: queries.count * view.dimensions)
        let scratch = SearchScratch()
        scratch.fit(dimensions: view.dimensions)
        for (i, query) in queries.enumerated() {
            try loadQuery(query, into: scratch)
            (prepared.base + i * view.dimensions).update(from: scratch.query.base, count: view.dimensions)
        }
        guard queries.count >= 4, BLASCheck.isSound else {
            return queries.indices.map { scan(prepared.base + $0 * view.dimensions, k: k) }
        }
        let queriesPerBlock = 256
        return stride(from: 0, to: queries.count, by: queriesPerBlock).flatMap { start in
            multiply(prepared.base + start * view.dimensions, count: min(queriesPerBlock, queries.count - start), k: k)
        }
    }

    public func exactSearch(_ query: [Float], k: Int) throws(VectorIndexError) -> [Neighbor] {
        try exactSearch([query], k: k)[0]
    }

    /// One prepared query against all vectors.
    func scan(_ query: UnsafePointer<Float>, k: Int) -> [Neighbor] {
        var best = TopK(k: min(k, max(view.nodes, 1)))
        for node in 0..<view.nodes {
            let score = exactScore(query, node)
            if score >= best.threshold { best.insert(score, UInt32(node)) }
        }
        return neighbors(of: best.sorted.map(\.node), query, k: k)
    }

    /// A block of prepared queries against all vectors, a block of vectors at a time.
    private func multiply(_ queries: UnsafePointer<Float>, count: Int, k: Int) -> [[Neighbor]] {
        let vectorsPerBlock = 2048
        let dimensions = view.dimensions
        let products = AlignedBuffer<Float>(count: count * vectorsPerBlock)
        // The product rounds differently from the kernels: some more than k, so that no near tie is lost.
        var best = [TopK](repeating: TopK(k: min(k + 32, max(view.nodes, 1))), count: count)
        for start in stride(from: 0, to: view.nodes, by: vectorsPerBlock) {
            let block = min(vectorsPerBlock, view.nodes - start)
            let vectors = view.exact + start * dimensions
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, CInt(count), CInt(block), CInt(dimensions), 1, queries,
                CInt(dimensions), vectors, CInt(dimensions), 0, products.base, CInt(block))
            let halfNorms =
                info.metric == .squaredL2
                ? (0..<block).map { Float(nx_sum_of_squares(vectors + $0 * dimensions, dimensions) / 2) } : []
            for query in 0..<count {
                let row = products.base + query * block
                for i in 0..<block {
                    // |q - x|^2 orders like |x|^2 / 2 - qx.
                    let score = halfNorms.isEmpty ? row[i] : row[i] - halfNorms[i]
                    if score >= best[query].threshold { best[query].insert(score, UInt32(start + i)) }
                }
            }
        }
        return (0..<count).map { neighbors(of: best[$0].sorted.map(\.node), queries + $0 * dimensions, k: k) }
    }

    /// The ids of nodes with their exact scores, the best k.
    private func neighbors(of nodes: [UInt32], _ query: UnsafePointer<Float>, k: Int) -> [Neighbor] {
        var found: [Neighbor] = []
        for node in nodes {
            let score = exactScore(query, Int(node))
            for position in view.idPositions(of: Int(node)) {
                found.append(Neighbor(id: view.ids[position], score: score))
            }
        }
        found.sort(by: Neighbor.isBetter)
        return Array(found.prefix(k))
    }
}
