import CBLAS

extension Snapshot {
    /// What k may be at most.
    public static let kMax = 1 << 20

    /// The k nearest vectors, best first; fewer only when the index holds fewer ids.
    ///
    /// An index with a graph is searched through it, and what was found is ranked anew by the exact vectors; a small
    /// index is scanned exactly.
    /// - Parameters:
    ///   - effort: what the search may cost; the index's own target of recall when nil.
    ///   - scratch: memory of the caller's, for one search at a time, which also keeps the search's statistics; nil
    ///     takes some from a pool.
    public func search(
        _ query: [Float], k: Int, effort: SearchEffort? = nil, scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try checkLimits(k: k)
        let own = scratch ?? pool.take()
        own.take()
        defer {
            own.giveBack()
            if scratch == nil { pool.giveBack(own) }
        }
        own.fit(dimensions: view.dimensions)
        try loadQuery(query, into: own)
        guard let encoding = view.encoding else {
            own.statistics.distances = view.nodes
            return scan(own.query.base, k: k)
        }
        let rule = try walkRule(for: effort, k: min(k, view.nodes))
        own.fit(view.rowLayout, nodes: view.nodes, nearest: rule.nearest)
        own.code.load(own.query.base, encoding, isUnitLength: info.metric != .squaredL2)
        let result = view.walk!.run(own.code, from: view.entries!.nearest(to: own.code), rule: rule, own.walk)
        own.statistics.hops = result.hops
        own.statistics.distances = result.hops * (view.rowLayout.degree + 1) + view.entries!.count
        return rerank(own, recorded: result.recorded, k: k)
    }

    func checkLimits(k: Int) throws(VectorIndexError) {
        guard (1...Self.kMax).contains(k) else {
            throw VectorIndexError(.invalidParameter, "k is \(k)", remedy: "Ask for 1...\(Self.kMax) neighbours.")
        }
    }

    private func walkRule(for effort: SearchEffort?, k: Int) throws(VectorIndexError) -> WalkRule {
        switch effort ?? .targetRecall(0.95) {
        case .efSearch(let ef):
            guard (1...IndexFormat.efMax).contains(ef) else {
                throw VectorIndexError(
                    .invalidParameter, "efSearch is \(ef)", remedy: "Use 1...\(IndexFormat.efMax).")
            }
            return WalkRule(nearest: min(max(ef, k), view.nodes), slack: 0, cap: .max)
        case .slack(let slack):
            guard slack >= 0 else {
                throw VectorIndexError(.invalidParameter, "slack is \(slack)", remedy: "Use a number from 0 on.")
            }
            return WalkRule(nearest: k, slack: slack, cap: Self.devCap)
        case .targetRecall(let target):
            guard target > 0, target <= 1 else {
                throw VectorIndexError(
                    .invalidParameter, "targetRecall is \(target)", remedy: "Use a number above 0 and up to 1.")
            }
            return WalkRule(nearest: k, slack: 0.04, cap: Self.devCap)
        }
    }
    nonisolated(unsafe) public static var devCap = 16
    nonisolated(unsafe) public static var devMargin: Float = 0.078

    /// Checks the query and copies it, of unit length under cosine.
    func loadQuery(_ query: [Float], into scratch: SearchScratch) throws(VectorIndexError) {
        let length = try query.withUnsafeBufferPointer { query throws(VectorIndexError) in
            try VectorCheck.length(of: query, dimensions: view.dimensions, metric: info.metric)
        }
        let copy = scratch.query.base
        query.withUnsafeBufferPointer { query in
            if info.metric == .cosine {
                for i in 0..<query.count { copy[i] = Float(Double(query[i]) / length) }
            } else {
                copy.update(from: query.baseAddress!, count: query.count)
            }
        }
    }

    /// Exact scores of those that may be among the k nearest: the 8-bit codes' distances are nearly the exact ones.
    private func rerank(_ scratch: SearchScratch, recorded count: Int, k: Int) -> [Neighbor] {
        var nearest = SmallestKeys(keys: scratch.walk.nearest.base, capacity: min(k, view.nodes))
        let recorded = scratch.walk.recorded.base
        for i in 0..<count { nearest.insert(recorded[i]) }
        guard nearest.count > 0 else { return [] }
        let margin = Self.devMargin / Float(view.rowLayout.codeBytes).squareRoot()
        let limit = NodeKey.make(NodeKey.distance(nearest.largest) + margin, .max)
        let ids = scratch.ids.base
        var examined = 0
        for i in 0..<count where recorded[i] <= limit {
            ids[examined] = NodeKey.node(recorded[i])
            examined += 1
        }
        scratch.statistics.reranked = examined
        let scores = scratch.scores.base
        let isDot = info.metric != .squaredL2
        Kernels.active.scores(
            rows: view.exact, ids: ids, count: examined, query: scratch.query.base, length: view.dimensions,
            isDot: isDot, out: scores)
        var found: [Neighbor] = []
        found.reserveCapacity(examined)
        for i in 0..<examined {
            for position in view.idPositions(of: Int(ids[i])) {
                found.append(Neighbor(id: view.ids[position], score: isDot ? scores[i] : -scores[i]))
            }
        }
        found.sort(by: Neighbor.isBetter)
        if found.count > k { found.removeLast(found.count - k) }
        return found
    }

    @inline(__always)
    func exactScore(_ query: UnsafePointer<Float>, _ node: Int) -> Float {
        let vector = view.exact + node * view.dimensions
        return info.metric == .squaredL2
            ? -Kernels.active.squaredL2(query, vector, view.dimensions)
            : Kernels.active.dot(query, vector, view.dimensions)
    }
}
