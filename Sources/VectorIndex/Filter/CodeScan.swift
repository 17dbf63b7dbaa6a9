/// Compares a query with many nodes by their 8-bit codes, a quarter of the bytes of their vectors, and leaves those that may be
/// among the k nearest to be ranked by the vectors.
///
/// The margin that a walk ranks anew with keeps what it finds exact but for errors of five standard deviations.
struct CodeScan {
    let search: GraphSearch
    let nodes: BitSet

    private static let block = 256
    /// So many vectors and fewer are compared directly.
    static let vectorsMax = 400

    /// Leaves nodes and their scores in `scratch.ids` and `scratch.scores`. - Returns: how many; nil when more are within
    /// the margin than there is room for.
    func run(_ scratch: SearchScratch, k: Int) -> Int? {
        let walk = search.walk
        scratch.fit(walk.layout, nodes: walk.nodes, nearest: k)
        let code = scratch.code
        code.load(scratch.query.base, search.encoding, isUnitLength: search.vectors.metric != .squaredL2)
        let margin = search.rerankMargin
        let kept = scratch.walk.recorded.base
        let room = scratch.walk.recordedMax - Self.block
        var nearest = SmallestKeys(keys: scratch.walk.nearest.base, capacity: k)
        var last = Int64.max
        var count = 0
        var isFull = false
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.block) { products in
            nodes.forEachBlock(of: Self.block) { ids, size in
                guard !isFull else { return }
                walk.ownDistances(code, ids, count: size, products.baseAddress!) { i, distance in
                    let key = NodeKey.make(distance, ids[i])
                    guard key <= last else { return }
                    nearest.insert(key)
                    kept[count] = key
                    count += 1
                }
                guard nearest.isFull else {
                    isFull = count > room
                    return
                }
                last = NodeKey.make(NodeKey.distance(nearest.largest) + margin, .max)
                if count > room {
                    count = Self.keep(kept, count, upTo: last)
                    isFull = count > room
                }
            }
        }
        guard !isFull else { return nil }
        return search.rank(scratch, Self.keep(kept, count, upTo: last))
    }

    private static func keep(_ keys: UnsafeMutablePointer<Int64>, _ count: Int, upTo last: Int64) -> Int {
        var kept = 0
        for i in 0..<count where keys[i] <= last {
            keys[kept] = keys[i]
            kept += 1
        }
        return kept
    }
}
