import CBLAS

extension Snapshot {
    /// What k may be at most.
    public static let kMax = 1 << 20

    /// The k nearest vectors, best first; fewer only when the index holds fewer ids.
    ///
    /// An index with a graph is searched through it, and what was found is ranked anew by the exact vectors; a small
    /// index, or one of which a large part is asked for, is scanned exactly.
    /// - Parameters:
    ///   - query: as many finite numbers as the index has dimensions; under cosine not all zero, of any length.
    ///   - k: 1 to ``kMax``.
    ///   - effort: what the search may cost; the index's own target of recall when nil.
    ///   - scratch: memory of the caller's, for one search at a time, which also keeps the search's statistics; nil
    ///     takes some from a pool.
    public func search(
        _ query: [Float], k: Int, effort: SearchEffort? = nil, scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try checkLimits(k: k)
        let rule = try walkRule(for: effort, k: k)
        let own = try prepared(query, scratch)
        defer { giveBack(own, unless: scratch) }
        guard let graph = view.graph, k <= view.nodes / 8, let rule else { return scan(own, k: k) }
        let count = graph.run(own, k: k, rule: rule)
        guard count >= k else { return scan(own, k: k) }
        return ranked(own, count: count, k: k)
    }

    /// All vectors whose score is at least `score`, best first.
    ///
    /// Through a graph it finds the share of them that the effort finds of nearest neighbours. The answer may be as large
    /// as the index.
    /// - Parameters:
    ///   - query: as above.
    ///   - score: as in ``Neighbor/score``: the cosine, the inner product, or minus the squared Euclidean distance.
    ///   - effort: what the search may cost; the index's own target of recall when nil.
    ///   - scratch: memory of the caller's; nil takes some from a pool.
    public func search(
        _ query: [Float], scoringAtLeast score: Float, effort: SearchEffort? = nil, scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        guard !score.isNaN else {
            throw VectorIndexError(.invalidParameter, "the score is not a number", remedy: "Give a number.")
        }
        let k = 10
        let knownRule = try walkRule(for: effort, k: k)
        let own = try prepared(query, scratch)
        defer { giveBack(own, unless: scratch) }
        guard let graph = view.graph, k <= view.nodes / 8, var rule = knownRule else {
            return scan(own, k: max(view.nodes, 1)).filter { $0.score >= score }
        }
        // What is near enough is met whatever the slack is.
        rule.radius = walkDistance(of: score, own.query.base, graph.encoding) + max(rule.slack, 0)
        rule.cap = .max
        let count = graph.run(own, k: k, rule: rule)
        return ranked(own, count: count, k: .max).filter { $0.score >= score }
    }

    /// The k nearest vectors of each query, on several threads.
    ///
    /// - Parameters:
    ///   - queries: each as for one search.
    ///   - k: 1 to ``kMax``.
    ///   - effort: what each search may cost; the index's own target of recall when nil.
    ///   - threads: 0 means one per processor.
    /// - Returns: the answers in the order of the queries.
    public func search(
        _ queries: [[Float]], k: Int, effort: SearchEffort? = nil, threads: Int = 0
    ) throws(VectorIndexError) -> [[Neighbor]] {
        try checkLimits(k: k)
        _ = try walkRule(for: effort, k: k)
        guard view.graph != nil else { return try exactSearch(queries, k: k) }
        let answers = Answers(count: queries.count)
        let workers = Workers(threads: threads > 0 ? threads : System.processors)
        let scratches = (0..<workers.threads).map { _ in SearchScratch() }
        workers.run(count: queries.count, chunk: 16) { worker, range in
            for i in range {
                do throws(VectorIndexError) {
                    let found = try search(queries[i], k: k, effort: effort, scratch: scratches[worker])
                    answers.results[i] = .success(found)
                } catch {
                    answers.results[i] = .failure(error)
                }
            }
        }
        var found: [[Neighbor]] = []
        found.reserveCapacity(queries.count)
        for i in queries.indices { found.append(try answers.results[i].get()) }
        return found
    }

    // MARK: Parts

    func checkLimits(k: Int) throws(VectorIndexError) {
        guard (1...Self.kMax).contains(k) else {
            throw VectorIndexError(.invalidParameter, "k is \(k)", remedy: "Ask for 1...\(Self.kMax) neighbours.")
        }
    }

    /// When a walk for k neighbours ends; nil when only a scan will do. What makes no sense is refused whether or not
    /// there is a graph to walk.
    func walkRule(for effort: SearchEffort?, k: Int) throws(VectorIndexError) -> WalkRule? {
        switch effort ?? .targetRecall(info.targetRecall) {
        case .efSearch(let ef):
            guard (1...IndexFormat.efMax).contains(ef) else {
                throw VectorIndexError(
                    .invalidParameter, "efSearch is \(ef)", remedy: "Use 1...\(IndexFormat.efMax).")
            }
            return WalkRule(nearest: min(max(ef, k), view.nodes), slack: 0, cap: .max)
        case .slack(let slack):
            guard SearchEffort.slacks.contains(slack) else {
                throw VectorIndexError(.invalidParameter, "slack is \(slack)", remedy: "Use a number from -1 on.")
            }
            return WalkRule(nearest: k, slack: slack, cap: WalkRule.cap(k: k))
        case .targetRecall(let target):
            guard target > 0, target <= 1 else {
                throw VectorIndexError(
                    .invalidParameter, "targetRecall is \(target)", remedy: "Use a number above 0 and up to 1.")
            }
            guard target < 1, let slack = view.calibration.slack(for: target, k: k) else { return nil }
            return WalkRule(nearest: k, slack: slack, cap: WalkRule.cap(k: k))
        }
    }

    /// Takes a scratch and puts the checked query into it.
    func prepared(_ query: [Float], _ scratch: SearchScratch?) throws(VectorIndexError) -> SearchScratch {
        let own = scratch ?? pool.take()
        own.take()
        own.fit(dimensions: view.dimensions)
        do throws(VectorIndexError) {
            try loadQuery(query, into: own.query.base)
        } catch {
            giveBack(own, unless: scratch)
            throw error
        }
        return own
    }

    func giveBack(_ own: SearchScratch, unless scratch: SearchScratch?) {
        own.giveBack()
        if scratch == nil { pool.giveBack(own) }
    }

    /// Checks the query and copies it, of unit length under cosine.
    func loadQuery(_ query: [Float], into copy: UnsafeMutablePointer<Float>) throws(VectorIndexError) {
        let length = try query.withUnsafeBufferPointer { query throws(VectorIndexError) in
            try VectorCheck.length(of: query, dimensions: view.dimensions, metric: info.metric)
        }
        query.withUnsafeBufferPointer { query in
            if info.metric == .cosine {
                nx_scaled_copy(query.baseAddress!, query.count, 1 / length, copy)
            } else {
                copy.update(from: query.baseAddress!, count: query.count)
            }
        }
    }

    private func scan(_ scratch: SearchScratch, k: Int) -> [Neighbor] {
        scratch.statistics = SearchStatistics()
        scratch.statistics.distances = view.nodes
        let nearest = view.exact.nearest(to: scratch.query.base, k: k)
        return neighbors(count: nearest.count, k: k) { nearest[$0] }
    }

    private func ranked(_ scratch: SearchScratch, count: Int, k: Int) -> [Neighbor] {
        neighbors(count: count, k: k) { (score: scratch.scores[$0], row: scratch.ids[$0]) }
    }

    /// A score as the walk measures distance; see `QueryCode`.
    private func walkDistance(of score: Float, _ query: UnsafePointer<Float>, _ encoding: Encoding) -> Float {
        let length = Double(1 / (encoding.scale * encoding.unit))
        switch info.metric {
        case .cosine:
            return -score
        case .innerProduct:
            let own = nx_sum_of_squares(query, view.dimensions).squareRoot()
            return own > 0 ? Float(-Double(score) / (own * length)) : (score > 0 ? -.infinity : .infinity)
        case .squaredL2:
            var square = 0.0
            for i in 0..<view.dimensions {
                let moved = Double(query[i]) - Double(encoding.center[i])
                square += moved * moved
            }
            return Float((-Double(score) - square) / (2 * length * length))
        }
    }

    /// One answer a query.
    ///
    /// `@unchecked Sendable`: each is written by one worker, which are joined before anyone reads.
    private final class Answers: @unchecked Sendable {
        let results: UnsafeMutablePointer<Result<[Neighbor], VectorIndexError>>
        private let count: Int

        init(count: Int) {
            self.count = count
            results = .allocate(capacity: count)
            results.initialize(repeating: .success([]), count: count)
        }

        deinit {
            results.deinitialize(count: count)
            results.deallocate()
        }
    }
}
