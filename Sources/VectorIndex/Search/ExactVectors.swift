import CBLAS

/// Vectors side by side, and how near they are to a query, exactly.
///
/// Scores are computed in one fixed order of operations, so that every kind of search gives the same number on every
/// machine; what BLAS computes only chooses candidates.
///
/// `@unchecked Sendable`: it points to memory of the mapping or of the build that holds it, which nobody writes meanwhile.
struct ExactVectors: @unchecked Sendable {
    let base: UnsafePointer<Float>
    let count: Int
    let dimensions: Int
    let metric: Metric

    /// One row of an answer. Higher scores are nearer.
    typealias Scored = (score: Float, row: UInt32)

    @inline(__always)
    func score(_ query: UnsafePointer<Float>, _ row: Int) -> Float {
        let vector = base + row * dimensions
        return metric == .squaredL2
            ? -Kernels.active.squaredL2(query, vector, dimensions) : Kernels.active.dot(query, vector, dimensions)
    }

    /// The scores of some rows, loaded ahead.
    @inline(__always)
    func scores(
        _ query: UnsafePointer<Float>, _ rows: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        let isDot = metric != .squaredL2
        Kernels.active.scores(
            rows: base, ids: rows, count: count, query: query, length: dimensions, isDot: isDot, out: out)
        if !isDot { for i in 0..<count { out[i] = -out[i] } }
    }

    /// The k nearest rows of one query, best first, by a scan.
    func nearest(to query: UnsafePointer<Float>, k: Int) -> [Scored] {
        var best = TopK(k: min(k, max(count, 1)))
        let rowsPerBlock = 256
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rowsPerBlock) { scores in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: rowsPerBlock) { rows in
                for start in stride(from: 0, to: count, by: rowsPerBlock) {
                    let block = min(rowsPerBlock, count - start)
                    for i in 0..<block { rows[i] = UInt32(start + i) }
                    self.scores(query, rows.baseAddress!, count: block, into: scores.baseAddress!)
                    for i in 0..<block where scores[i] >= best.threshold { best.insert(scores[i], UInt32(start + i)) }
                }
            }
        }
        return best.sorted.map { (score: $0.score, row: $0.node) }
    }

    /// The k nearest rows of each of many queries, which stand side by side, by matrix products (BLAS).
    ///
    /// - Parameter isAllowed: rows that may be answers; all when nil.
    func nearest(
        toAll queries: UnsafePointer<Float>, count queryCount: Int, k: Int, isAllowed: [Bool]? = nil, threads: Int
    ) -> [[Scored]] {
        guard queryCount >= 4, BLASCheck.isSound else {
            return (0..<queryCount).map { query in
                let pointer = queries + query * dimensions
                guard let isAllowed else { return nearest(to: pointer, k: k) }
                var best = TopK(k: k)
                for row in 0..<count where isAllowed[row] { best.insert(score(pointer, row), UInt32(row)) }
                return best.sorted.map { (score: $0.score, row: $0.node) }
            }
        }
        let queriesPerBlock = 256
        var found: [[Scored]] = []
        for start in stride(from: 0, to: queryCount, by: queriesPerBlock) {
            found += multiply(
                queries + start * dimensions, count: min(queriesPerBlock, queryCount - start), k: k,
                isAllowed: isAllowed, threads: threads)
        }
        return found
    }

    /// A block of queries against all rows, a block of rows at a time.
    private func multiply(
        _ queries: UnsafePointer<Float>, count queryCount: Int, k: Int, isAllowed: [Bool]?, threads: Int
    ) -> [[Scored]] {
        let rowsPerBlock = 4096
        let products = AlignedBuffer<Float>(count: queryCount * rowsPerBlock)
        // The product rounds differently from the kernels: some more than k, so that no near tie is lost.
        let lists = Lists(count: queryCount, k: min(k + 32, max(count, 1)))
        let workers = Workers(threads: threads)
        for start in stride(from: 0, to: count, by: rowsPerBlock) {
            let block = min(rowsPerBlock, count - start)
            let rows = base + start * dimensions
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, CInt(queryCount), CInt(block), CInt(dimensions), 1, queries,
                CInt(dimensions), rows, CInt(dimensions), 0, products.base, CInt(block))
            let halfNorms =
                metric == .squaredL2
                ? (0..<block).map { Float(nx_sum_of_squares(rows + $0 * dimensions, dimensions) / 2) } : []
            workers.run(count: queryCount, chunk: 8) { _, range in
                for query in range {
                    var best = lists.best[query]
                    lists.best[query] = TopK(k: 0)
                    let row = products.base + query * block
                    for i in 0..<block {
                        // |q - x|² orders like |x|² / 2 - qx.
                        let score = halfNorms.isEmpty ? row[i] : row[i] - halfNorms[i]
                        guard score >= best.threshold, isAllowed?[start + i] ?? true else { continue }
                        best.insert(score, UInt32(start + i))
                    }
                    lists.best[query] = best
                }
            }
        }
        return (0..<queryCount).map { query in
            let pointer = queries + query * dimensions
            var scored = lists.best[query].sorted.map { (score: score(pointer, Int($0.node)), row: $0.node) }
            scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
            return Array(scored.prefix(k))
        }
    }

    /// One list a query.
    ///
    /// `@unchecked Sendable`: each list is written by one worker at a time, which are joined before anyone reads.
    private final class Lists: @unchecked Sendable {
        let best: UnsafeMutablePointer<TopK>
        private let count: Int

        init(count: Int, k: Int) {
            self.count = count
            best = .allocate(capacity: count)
            best.initialize(repeating: TopK(k: k), count: count)
        }

        deinit {
            best.deinitialize(count: count)
            best.deallocate()
        }
    }
}
