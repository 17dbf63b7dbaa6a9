import CBLAS

extension Snapshot {
    /// What k may be at most.
    public static let kMax = 1 << 20

    /// The k nearest vectors, best first; fewer only when the index holds fewer ids.
    ///
    /// An index with a graph is searched through it, from the top level down, and what was found is ranked anew by the
    /// exact vectors; a small index is scanned exactly.
    /// - Parameters:
    ///   - efSearch: width of the search: larger finds more and costs more. The index's own when nil; at least k.
    ///   - scratch: memory of the caller's, for one search at a time; nil takes some from a pool.
    public func search(
        _ query: [Float], k: Int, efSearch: Int? = nil, scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        let ef = efSearch ?? info.efSearch
        try checkLimits(k: k, ef: ef)
        let own = scratch ?? pool.take()
        own.take()
        defer {
            own.giveBack()
            if scratch == nil { pool.giveBack(own) }
        }
        let width = min(max(ef, k), max(view.nodes, 1))
        own.fit(dimensions: view.dimensions, nodes: view.nodes, ef: width)
        try loadQuery(query, into: own)
        guard let encoding = view.encoding else { return scan(own.query.base, k: k) }
        let queryScale = encoding.encodeQuery(own.query.base, rotated: own.rotated.base, code: own.code.base)
        let ratio = view.rowLayout.hasNorm ? (queryScale > 0 ? 2 * encoding.scale / queryScale : 0) : 1
        let best = searchGraph(own, width: width, ratio: ratio)
        return rerank(best, own.query.base, k: k)
    }

    func checkLimits(k: Int, ef: Int) throws(VectorIndexError) {
        guard (1...Self.kMax).contains(k) else {
            throw VectorIndexError(.invalidParameter, "k is \(k)", remedy: "Ask for 1...\(Self.kMax) neighbours.")
        }
        guard (1...IndexFormat.efMax).contains(ef) else {
            throw VectorIndexError(.invalidParameter, "efSearch is \(ef)", remedy: "Use 1...\(IndexFormat.efMax).")
        }
    }

    /// Checks the query and copies it, of unit length under cosine.
    func loadQuery(_ query: [Float], into scratch: SearchScratch) throws(VectorIndexError) {
        let length = try query.withUnsafeBufferPointer { query throws(VectorIndexError) in
            try VectorCheck.length(of: query, dimensions: view.dimensions, metric: info.metric)
        }
        for i in 0..<view.dimensions {
            scratch.query[i] = info.metric == .cosine ? Float(Double(query[i]) / length) : query[i]
        }
    }

    /// The beam search of HNSW (Malkov and Yashunin, 2016): greedy on the upper levels, a beam of `width` on level 0.
    ///
    /// Distances are integers of the codes; numbers of nodes that a file gives are checked before they are followed.
    private func searchGraph(_ scratch: SearchScratch, width: Int, ratio: Float) -> BestList {
        let hop = Hop(view: view, code: scratch.code.base, ratio: ratio)
        var entry: UInt32 = 0
        for level in view.upper.reversed() {
            entry = hop.descend(level.slots, nodes: level.nodes, degree: view.upperDegree, from: entry, scratch)
        }
        var best = BestList(keys: scratch.keys.base, capacity: width)
        let ids = scratch.ids.base
        let dots = scratch.dots.base
        scratch.visited.clear()
        _ = scratch.visited.insert(entry)
        ids[0] = entry
        hop.measure(ids, count: 1, into: dots)
        best.insert(BestList.key(hop.ordered(dots[0], entry), entry))
        let nodes = UInt32(view.nodes)
        while let node = best.expandNext() {
            let slots = view.neighbors(ofRow: Int(node))
            var count = 0
            for slot in 0..<view.rowLayout.degree {
                let neighbor = slots[slot]
                guard neighbor < nodes, scratch.visited.insert(neighbor) else { continue }
                ids[count] = neighbor
                count += 1
            }
            hop.measure(ids, count: count, into: dots)
            for i in 0..<count { best.insert(BestList.key(hop.ordered(dots[i], ids[i]), ids[i])) }
        }
        return best
    }

    /// Exact scores of the beam's best, and of those only a few: the codes' order is nearly the exact one.
    private func rerank(_ best: BestList, _ query: UnsafePointer<Float>, k: Int) -> [Neighbor] {
        var found: [Neighbor] = []
        let examined = min(best.count, 2 * k + 16)
        found.reserveCapacity(examined)
        for i in 0..<examined {
            let node = Int(BestList.node(best[i]))
            let score = exactScore(query, node)
            for position in view.idPositions(of: node) { found.append(Neighbor(id: view.ids[position], score: score)) }
        }
        found.sort(by: Neighbor.isBetter)
        return Array(found.prefix(k))
    }

    @inline(__always)
    func exactScore(_ query: UnsafePointer<Float>, _ node: Int) -> Float {
        let vector = view.exact + node * view.dimensions
        return info.metric == .squaredL2
            ? -Kernels.active.squaredL2(query, vector, view.dimensions)
            : Kernels.active.dot(query, vector, view.dimensions)
    }
}

/// The integer distances of one query to rows.
private struct Hop {
    let rows: UnsafePointer<UInt8>
    let layout: RowLayout
    let view: SnapshotView
    let code: UnsafePointer<Int8>
    /// How many units of the rows' sums of squares one unit of product is worth.
    let ratio: Float
    private let kernels = Kernels.active
    private let bias: Int32

    init(view: SnapshotView, code: UnsafePointer<Int8>, ratio: Float) {
        self.view = view
        self.code = code
        self.ratio = ratio
        rows = view.rows!
        layout = view.rowLayout
        bias = (0..<view.rowLayout.codeBytes).reduce(Int32(0)) { $0 &+ Int32(code[$1]) } &* 128
    }

    @inline(__always)
    func measure(_ ids: UnsafePointer<UInt32>, count: Int, into dots: UnsafeMutablePointer<Int32>) {
        kernels.dots(
            rows: rows, stride: layout.stride, ids: ids, count: count, query: code, length: layout.codeBytes, out: dots)
    }

    /// Less is nearer.
    @inline(__always)
    func ordered(_ dot: Int32, _ node: UInt32) -> UInt32 {
        let product = dot &- bias
        guard layout.hasNorm else { return BestList.ordered(-product) }
        return BestList.ordered(Float(view.norm(ofRow: Int(node))) - ratio * Float(product))
    }

    func descend(
        _ slots: UnsafePointer<UInt32>, nodes: Int, degree: Int, from entry: UInt32, _ scratch: SearchScratch
    ) -> UInt32 {
        let ids = scratch.ids.base
        let dots = scratch.dots.base
        var at = entry
        ids[0] = entry
        measure(ids, count: 1, into: dots)
        var nearest = ordered(dots[0], entry)
        while true {
            var count = 0
            let own = slots + Int(at) * degree
            for slot in 0..<degree where own[slot] < UInt32(nodes) && own[slot] != at {
                ids[count] = own[slot]
                count += 1
            }
            measure(ids, count: count, into: dots)
            var next = at
            for i in 0..<count {
                let distance = ordered(dots[i], ids[i])
                if distance < nearest {
                    nearest = distance
                    next = ids[i]
                }
            }
            if next == at { return at }
            at = next
        }
    }
}
