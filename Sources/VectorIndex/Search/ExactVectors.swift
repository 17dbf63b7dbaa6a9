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

    /// Bytes of one vector.
    var bytes: Int { 4 * dimensions }

    @inline(__always)
    func prefetch(_ row: Int) {
        let vector = UnsafeRawPointer(base + row &* dimensions)
        for line in stride(from: 0, to: bytes, by: IndexFormat.lineBytes) { nx_prefetch(vector + line) }
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

    /// The k nearest of some rows, best first, by a scan of them.
    func nearest(to query: UnsafePointer<Float>, k: Int, among rows: BitSet) -> [Scored] {
        var best = TopK(k: k)
        let rowsPerBlock = 256
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rowsPerBlock) { scores in
            rows.forEachBlock(of: rowsPerBlock) { block, count in
                self.scores(query, block, count: count, into: scores.baseAddress!)
                for i in 0..<count where scores[i] >= best.threshold { best.insert(scores[i], block[i]) }
            }
        }
        return best.sorted.map { (score: $0.score, row: $0.node) }
    }

    private func scan(_ query: UnsafePointer<Float>, k: Int, isAllowed: [Bool]?) -> [Scored] {
        guard let isAllowed else { return nearest(to: query, k: k) }
        var best = TopK(k: k)
        for row in 0..<count where isAllowed[row] { best.insert(score(query, row), UInt32(row)) }
        return best.sorted.map { (score: $0.score, row: $0.node) }
    }

    /// The k nearest rows of each of many queries, which stand side by side, by matrix products (BLAS).
    ///
    /// - Parameter isAllowed: rows that may be answers; all when nil.
    func nearest(
        toAll queries: UnsafePointer<Float>, count queryCount: Int, k: Int, isAllowed: [Bool]? = nil, threads: Int
    ) -> [[Scored]] {
        guard queryCount >= 4, BLASCheck.isSound else {
            return (0..<queryCount).map { scan(queries + $0 * dimensions, k: k, isAllowed: isAllowed) }
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
    ///
    /// Products choose k and some more candidates, which are scored anew. Where the k-th of them is not nearer than any
    /// row left out can be, by a bound on the products' rounding, the query is answered by a scan: what BLAS, which
    /// processor and how many threads it was does not change an answer.
    private func multiply(
        _ queries: UnsafePointer<Float>, count queryCount: Int, k: Int, isAllowed: [Bool]?, threads: Int
    ) -> [[Scored]] {
        let rowsPerBlock = 4096
        let products = AlignedBuffer<Float>(count: queryCount * rowsPerBlock)
        let lists = Lists(count: queryCount, k: min(k + 32, max(count, 1)))
        let workers = Workers(threads: threads)
        // Squared distances are taken about a vector of the data, so that what all have in common does not cancel.
        let isMoved = metric == .squaredL2
        let moved = AlignedBuffer<Float>(count: isMoved ? rowsPerBlock * dimensions : 0)
        let own = AlignedBuffer<Float>(count: isMoved ? queryCount * dimensions : 0)
        func move(_ from: UnsafePointer<Float>, _ rows: Int, into to: AlignedBuffer<Float>) -> UnsafePointer<Float> {
            guard isMoved else { return from }
            for row in 0..<rows {
                for i in row * dimensions..<(row + 1) * dimensions { to[i] = from[i] - base[i - row * dimensions] }
            }
            return UnsafePointer(to.base)
        }
        let asked = move(queries, queryCount, into: own)
        var longest = 0.0
        for start in stride(from: 0, to: count, by: rowsPerBlock) {
            let block = min(rowsPerBlock, count - start)
            let rows = move(base + start * dimensions, block, into: moved)
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, CInt(queryCount), CInt(block), CInt(dimensions), 1, asked,
                CInt(dimensions), rows, CInt(dimensions), 0, products.base, CInt(block))
            let squares = (0..<block).map { nx_sum_of_squares(rows + $0 * dimensions, dimensions) }
            longest = max(longest, squares.max() ?? 0)
            workers.run(count: queryCount, chunk: 8) { _, range in
                for query in range {
                    var best = lists.best[query]
                    lists.best[query] = TopK(k: 0)
                    let row = products.base + query * block
                    for i in 0..<block {
                        // |q - x|² orders like |x|² / 2 - qx.
                        let score = isMoved ? row[i] - Float(squares[i] / 2) : row[i]
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
            let square = nx_sum_of_squares(asked + query * dimensions, dimensions)
            let leftOut = leftOutMax(lists.best[query].threshold, square: square, longest: longest)
            if scored.count >= k, Double(scored[k - 1].score) <= leftOut {
                return scan(pointer, k: k, isAllowed: isAllowed)
            }
            return Array(scored.prefix(k))
        }
    }

    /// What a row may score whose product-based score was at most `threshold`.
    ///
    /// A sum of d products in any order is off by at most d units of rounding of |q||x| (Higham, "Accuracy and stability
    /// of numerical algorithms", 2002, section 3.1); the kernels' own sums, half a square and a difference take their
    /// share of the 40 more.
    private func leftOutMax(_ threshold: Float, square: Double, longest: Double) -> Double {
        guard threshold > -.infinity else { return -.infinity }
        let unit = Double(dimensions + 40) * 0x1p-24
        let lengths = (square * longest).squareRoot()
        guard metric == .squaredL2 else { return Double(threshold) + unit * lengths }
        let most = Double(threshold) + unit * (lengths + longest + square)
        return 2 * most - square
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
