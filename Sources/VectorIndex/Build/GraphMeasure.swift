import CBLAS

/// Measures a graph while it is built: its recall curve on vectors that it does not hold yet, and the sample queries
/// that go with the file.
struct GraphMeasure {
    let search: GraphSearch
    /// All vectors in the order of input, and which is which node's.
    let vectors: ExactVectors
    let inputs: [Int]
    let workers: Workers

    /// The walk for more neighbours than `WalkRule.cappedMax` is another one: a curve on both sides, so that what lies
    /// between two curves is of one kind.
    static let neighbors = [1, 10, WalkRule.cappedMax, WalkRule.cappedMax + 1, 100]
    static let selfTestNeighbors = 10

    /// How many vectors are held back of so many.
    static func heldBack(of nodes: Int) -> Int { nodes < 400 ? 0 : min(1_000, max(64, nodes / 20)) }

    /// From a little below 0 on; then each 1.3 times the one before it.
    private static let slacks: [Float] =
        [-0.04, -0.02, -0.01, 0] + (0..<18).map { i in (0..<i).reduce(Float(0.005)) { slack, _ in slack * 1.3 } }

    private static let queriesOfManyMax = 250

    /// A curve ends where searches find so much, or cost so many hops.
    private static let recallMax = 0.999
    private static let hopsMax: Float = 2_000

    /// The curves of the graph of the nodes below `held`, whose queries are the nodes of `held`.
    func calibrate(held: Range<Int>) -> [CalibrationPoint] {
        guard !held.isEmpty else { return [] }
        let dimensions = vectors.dimensions
        let queries = AlignedBuffer<Float>(count: held.count * dimensions)
        var isAllowed = [Bool](repeating: true, count: vectors.count)
        var nodeOfInput = [UInt32](repeating: .max, count: vectors.count)
        for (node, input) in inputs.enumerated() { nodeOfInput[input] = UInt32(node) }
        for input in nodeOfInput.indices where nodeOfInput[input] >= held.lowerBound { isAllowed[input] = false }
        for (i, node) in held.enumerated() {
            (queries.base + i * dimensions).update(from: vectors.base + inputs[node] * dimensions, count: dimensions)
        }
        let kMax = min(Self.neighbors.last!, held.lowerBound / 8)
        let truth = vectors.nearest(
            toAll: queries.base, count: held.count, k: kMax, isAllowed: isAllowed, threads: workers.threads
        ).map { $0.map { nodeOfInput[Int($0.row)] } }
        var points: [CalibrationPoint] = []
        for k in Self.neighbors where k <= kMax {
            // Many neighbours a query are a large sample as it is.
            let asked = Array(truth.prefix(k > 16 ? Self.queriesOfManyMax : truth.count))
            for slack in Self.slacks {
                let (point, recall) = measure(queries, asked, k: k, slack: slack)
                points.append(point)
                if recall >= Self.recallMax || point.hops > Self.hopsMax { break }
            }
        }
        return points
    }

    private func measure(
        _ queries: AlignedBuffer<Float>, _ truth: [[UInt32]], k: Int, slack: Float
    ) -> (CalibrationPoint, recall: Double) {
        let dimensions = vectors.dimensions
        let hits = AlignedBuffer<Int>(count: truth.count)
        let hops = AlignedBuffer<Int>(count: truth.count)
        let scratches = (0..<workers.threads).map { _ in SearchScratch() }
        workers.run(count: truth.count, chunk: 16) { worker, range in
            let scratch = scratches[worker]
            scratch.fit(dimensions: dimensions)
            for i in range {
                scratch.query.base.update(from: queries.base + i * dimensions, count: dimensions)
                let count = search.run(
                    scratch, k: k, rule: WalkRule(nearest: k, slack: slack, cap: WalkRule.cap(k: k)))
                let wanted = truth[i].prefix(k)
                hits[i] = search.nearest(scratch, count: count, k: k).count { wanted.contains($0) }
                hops[i] = scratch.statistics.hops
            }
        }
        let count = Double(truth.count)
        var sum = 0.0
        var squares = 0.0
        var hopSum = 0
        for i in truth.indices {
            let share = Double(hits[i]) / Double(k)
            sum += share
            squares += share * share
            hopSum += hops[i]
        }
        let mean = sum / count
        let error = (max(squares / count - mean * mean, 0) / count).squareRoot()
        let point = CalibrationPoint(
            k: k, slack: slack, recall: Float(max(mean - error, 0)), hops: Float(Double(hopSum) / count))
        return (point, mean)
    }

    /// Sample queries and their neighbours, as SELF has them.
    func selfTest(slack: Float) -> [UInt32] {
        let nodes = inputs.count
        let k = Self.selfTestNeighbors
        let queryCount = min(256, nodes / 64)
        guard queryCount >= 4 else { return [] }
        let dimensions = vectors.dimensions
        // Evenly spread over the nodes, whose order has nothing to do with where they were in the input.
        let sampled = (0..<queryCount).map { $0 * nodes / queryCount }
        let queries = AlignedBuffer<Float>(count: queryCount * dimensions)
        for (i, node) in sampled.enumerated() {
            (queries.base + i * dimensions).update(from: vectors.base + inputs[node] * dimensions, count: dimensions)
        }
        var nodeOfInput = [UInt32](repeating: .max, count: vectors.count)
        for (node, input) in inputs.enumerated() { nodeOfInput[input] = UInt32(node) }
        let isAllowed = nodeOfInput.map { $0 != .max }
        let truth = vectors.nearest(
            toAll: queries.base, count: queryCount, k: k + 1, isAllowed: isAllowed, threads: workers.threads)
        var numbers: [UInt32] = []
        var hits = 0
        let scratch = SearchScratch()
        for (i, node) in sampled.enumerated() {
            var others = truth[i].map { nodeOfInput[Int($0.row)] }.filter { $0 != UInt32(node) }
            others.removeLast(others.count - k)
            numbers += [UInt32(node)] + others
            hits += others.withUnsafeBufferPointer {
                search.hits(of: UInt32(node), among: $0, slack: slack, vector: queries.base + i * dimensions, scratch)
            }
        }
        let recall = Float(Double(hits) / Double(queryCount * k))
        return [UInt32(queryCount), UInt32(k), recall.bitPattern, slack.bitPattern] + numbers
    }
}
