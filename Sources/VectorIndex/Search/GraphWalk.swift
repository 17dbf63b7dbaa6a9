import CBLAS

/// When a walk ends.
struct WalkRule {
    /// How many of the nearest expanded nodes the limit is taken from: k, or efSearch.
    var nearest: Int
    /// How much farther than the last of them a node may be and still be expanded, in the encoding's unit.
    var slack: Float
    /// Of the nodes that wait, only so many of the nearest keep others out; more than the hot list holds means all.
    var cap: Int
    /// Nodes nearer than this are expanded whatever the limit says: a search by distance.
    var radius: Float? = nil
    /// A filtered walk gives up after so many rows.
    var hopsMax = Int.max
    /// The slack for nodes that a filter lets no answer be.
    var bridgeSlack: Float = 0

    static let hotMax = Int(NX_HOT)

    /// The cap of a search for k neighbours: measured, see docs/decisions/search.md.
    static func cap(k: Int) -> Int { k <= cappedMax ? 8 : .max }
    static let cappedMax = 16
}

/// What a walk found and did.
struct WalkResult {
    /// Expanded nodes with the distances of their 8-bit codes, in the order met, in the scratch's `recorded`.
    var recorded = 0
    /// Rows expanded.
    var hops = 0
    /// How many the scratch's `nearest` holds, the farthest of them first: at most the rule's.
    var nearestCount = 0
    /// Whether it gave up before its end.
    var isCutShort = false
}

/// The way through packed rows from an entry to a query's neighbours.
///
/// Nodes that wait to be expanded are kept by the estimates of their distances, which a row holds for all its
/// neighbours; an expanded node's own distance comes from its 8-bit code. The walk ends when the nearest waiting node
/// is farther than the limit, which is relative to the k-th nearest expanded one (the adaptive stop of Al-Jazzazi et
/// al., "Distance adaptive beam search for provably accurate graph-based nearest neighbor search", 2025). Rows are
/// chosen and asked for a few hops before they are read.
///
/// Numbers that come out of rows are checked before they are followed, so that a damaged file leads nowhere else.
struct GraphWalk {
    let rows: UnsafePointer<UInt8>
    let nodes: Int
    let layout: RowLayout
    /// Half of a code unit squared.
    let halfUnitSquare: Float
    /// The nodes' own vectors, by which a search ranks anew what the walk found; nil when they have another order.
    private let vectors: ExactVectors?
    private let kernels = Kernels.active

    init(
        rows: UnsafePointer<UInt8>, nodes: Int, layout: RowLayout, unit: Float, vectors: ExactVectors? = nil
    ) {
        self.rows = rows
        self.nodes = nodes
        self.layout = layout
        halfUnitSquare = unit * unit / 2
        self.vectors = vectors
    }

    /// Walks from the first `starts` keys of `scratch.keys` and leaves the expanded nodes in `scratch.recorded`.
    ///
    /// - Precondition: 1...32 different nodes that are there.
    func run(_ code: QueryCode, starts: Int, rule: WalkRule, _ scratch: WalkScratch) -> WalkResult {
        walk(code, starts: starts, rule: rule, scratch, EveryNode())
    }

    /// The same, with nodes among which the answers must be.
    func run(
        _ code: QueryCode, starts: Int, rule: WalkRule, _ scratch: WalkScratch, among nodes: BitSet
    ) -> WalkResult {
        walk(code, starts: starts, rule: rule, scratch, SelectedNodes(nodes: nodes))
    }

    @inline(__always)
    private func walk<Admitted: Admission>(
        _ code: QueryCode, starts: Int, rule: WalkRule, _ scratch: WalkScratch, _ admission: Admitted
    ) -> WalkResult {
        var shape = layout.shape
        let stride = layout.stride
        let query = UnsafePointer(code.query)
        let ownScale = code.ownScale
        let bias = code.bias
        let nodes = UInt32(self.nodes)
        let normOffset = layout.hasNorm ? layout.normOffset : 0
        let hot = scratch.hot.base
        let overflow = scratch.overflow.base
        let overflowMax = scratch.overflowMax
        let recorded = scratch.recorded.base
        let recordedMax = scratch.recordedMax
        let ids = scratch.ids.base
        let distances = scratch.distances.base
        let keys = scratch.keys.base
        let sums = scratch.sums.base
        let isCapped = rule.cap <= WalkRule.hotMax
        let radius = rule.radius ?? -.infinity
        let capIndex = min(rule.cap, WalkRule.hotMax) - 1
        var nearest = SmallestKeys(keys: scratch.nearest.base, capacity: rule.nearest)
        var result = WalkResult()
        var overflowCount = 0
        // No key in the sorted list is beyond it, so that the list has the nearest of all that wait.
        var overflowLeast = NodeKey.none
        // The next rows, oldest first, in a ring.
        let ahead = Self.ahead(stride: stride)
        let coming = scratch.coming.base
        var oldest = 0
        var waiting = 0
        var stop = Float.infinity
        var bridgeStop = Float.infinity
        // How many of the nearest have vectors that were not asked for.
        var unasked = vectors.map { $0.bytes * rule.nearest <= Self.vectorBytesMax ? rule.nearest : 0 } ?? 0

        hot.update(repeating: NodeKey.none, count: WalkRule.hotMax)
        scratch.visited.clear()
        let marks = scratch.visited.marks.base
        let epoch = scratch.visited.epoch
        for i in 0..<starts { marks[Int(NodeKey.node(keys[i]))] = epoch }
        _ = kernels.insert(keys, count: starts, into: hot, overflow: overflow)

        while true {
            var next: UnsafePointer<UInt8>?
            while waiting < ahead {
                let key = hot[0]
                if key == NodeKey.none {
                    if overflowCount == 0 { break }
                    (overflowCount, overflowLeast) = refill(hot, overflow, overflowCount, below: stop, fallen: keys)
                    continue
                }
                if NodeKey.distance(key) > stop { break }
                _ = kernels.take(from: hot)
                coming[(oldest &+ waiting) & WalkScratch.comingMask] = key
                waiting &+= 1
                // The scan of the next row asks for the last one only.
                if let next { Self.prefetch(next, stride) }
                next = rows + Int(NodeKey.node(key)) * stride
            }
            // No further row is asked for: the memory has time for the vectors of what is nearest so far, which are
            // nearly always those of the answer.
            if waiting < ahead, unasked > 0, nearest.isFull, let vectors {
                let rest = max(unasked - Self.vectorsAsked, 0)
                for i in rest..<unasked { vectors.prefetch(Int(NodeKey.node(nearest.keys[i]))) }
                unasked = rest
            }
            if waiting == 0 {
                result.nearestCount = nearest.count
                return result
            }
            let first = coming[oldest & WalkScratch.comingMask]
            oldest &+= 1
            waiting &-= 1
            // The limit may have come down since.
            if NodeKey.distance(first) > stop { continue }
            let node = NodeKey.node(first)
            let isAnswer = admission.admits(node)
            if !Admitted.isForAll {
                if !isAnswer, NodeKey.distance(first) > bridgeStop { continue }
                if result.hops == rule.hopsMax {
                    result.isCutShort = true
                    result.nearestCount = nearest.count
                    return result
                }
            }

            let row = rows + Int(node) * stride
            let product = kernels.scan(&shape, query, row: row, next: next ?? row, sums: sums)
            var distance = ownScale * Float(product &- bias)
            if normOffset > 0 {
                distance +=
                    halfUnitSquare * Float(UnsafeRawPointer(row + normOffset).load(as: Int32.self))
            }
            let own = NodeKey.make(distance, node)
            result.hops += 1
            if isAnswer {
                nearest.insert(own)
                if result.recorded == recordedMax { result.recorded = keepNearest(recorded, recordedMax) }
                recorded[result.recorded] = own
                result.recorded += 1
                if nearest.isFull {
                    stop = max(NodeKey.distance(nearest.largest) + rule.slack, radius)
                    if !Admitted.isForAll { bridgeStop = stop - rule.slack + rule.bridgeSlack }
                }
            }
            let limit = isCapped ? min(stop, NodeKey.distance(hot[capIndex])) : stop
            let near = kernels.selectNear(
                &shape, query, row: row, sums: sums, base: distance, limit: limit, ids: ids, distances: distances)
            if overflowCount + near > overflowMax {
                overflowCount = keepNearest(overflow, overflowCount)
            }
            var count = 0
            for i in 0..<near {
                let neighbor = ids[i]
                guard neighbor < nodes, marks[Int(neighbor)] != epoch else { continue }
                if !Admitted.isForAll, distances[i] > bridgeStop, !admission.admits(neighbor) { continue }
                marks[Int(neighbor)] = epoch
                let key = NodeKey.make(distances[i], neighbor)
                if key < overflowLeast {
                    nx_prefetch(rows + Int(neighbor) &* stride)
                    keys[count] = key
                    count &+= 1
                } else {
                    overflow[overflowCount] = key
                    overflowCount += 1
                }
            }
            let fallen = kernels.insert(keys, count: count, into: hot, overflow: overflow + overflowCount)
            for i in overflowCount..<overflowCount + fallen { overflowLeast = min(overflowLeast, overflow[i]) }
            overflowCount += fallen
        }
    }

    /// The distances of some nodes' own codes. - Parameter products: room for `count` numbers.
    @inline(__always)
    func ownDistances(
        _ code: QueryCode, _ ids: UnsafePointer<UInt32>, count: Int, _ products: UnsafeMutablePointer<Int32>,
        _ take: (Int, Float) -> Void
    ) {
        kernels.dots(
            rows: rows, stride: layout.stride, ids: ids, count: count, query: code.bytes, length: layout.codeBytes,
            out: products)
        for i in 0..<count {
            var distance = code.ownScale * Float(products[i] &- code.bias)
            if layout.hasNorm {
                let row = UnsafeRawPointer(rows + Int(ids[i]) * layout.stride)
                distance += halfUnitSquare * Float(row.load(fromByteOffset: layout.normOffset, as: Int32.self))
            }
            take(i, distance)
        }
    }

    /// How many rows are on their way: about 8 KiB of them, which keeps the memory busy without going far ahead of what is
    /// known, but three of the longest and six of the shortest. Measured, see docs/decisions/search.md.
    private static func ahead(stride: Int) -> Int {
        min(max((8_704 + stride / 2) / stride, 3), WalkScratch.aheadMax)
    }

    /// Vectors that are asked for in the time of one row: measured, see docs/decisions/search.md.
    private static let vectorsAsked = 4
    /// More than that would drive the rows out of the first-level cache: a search for more neighbours asks for none.
    private static let vectorBytesMax = 32 << 10

    @inline(__always)
    private static func prefetch(_ row: UnsafePointer<UInt8>, _ stride: Int) {
        for line in Swift.stride(from: 0, to: stride, by: IndexFormat.lineBytes) { nx_prefetch(row + line) }
    }

    /// Moves the nearest of the overflow that are not past the limit into the empty list. - Returns: how many are left,
    /// and the least of them.
    private func refill(
        _ hot: UnsafeMutablePointer<Int64>, _ overflow: UnsafeMutablePointer<Int64>, _ count: Int, below stop: Float,
        fallen: UnsafeMutablePointer<Int64>
    ) -> (count: Int, least: Int64) {
        var kept = 0
        var least = NodeKey.none
        for i in 0..<count {
            var key = overflow[i]
            if NodeKey.distance(key) > stop { continue }
            if key < hot[WalkRule.hotMax - 1] {
                // What falls out stays in its stead.
                if kernels.insert(&key, count: 1, into: hot, overflow: fallen) == 0 { continue }
                key = fallen[0]
            }
            overflow[kept] = key
            least = min(least, key)
            kept += 1
        }
        return (kept, least)
    }

    /// Drops the farther half. - Returns: how many are left.
    private func keepNearest(_ keys: UnsafeMutablePointer<Int64>, _ count: Int) -> Int {
        // In place: the heap never reaches the key that is read.
        var nearest = SmallestKeys(keys: keys, capacity: count / 2)
        for i in 0..<count {
            let key = keys[i]
            nearest.insert(key)
        }
        return nearest.count
    }
}
