import CBLAS

/// A walk and the exact ranking of what it found: the whole of a search but for ids. The builder measures its graph with
/// the same code.
///
/// A class, so that a search takes one reference and not one of each part.
///
/// `@unchecked Sendable`: it points to memory of the mapping or of the build that holds it, which nobody writes meanwhile.
final class GraphSearch: @unchecked Sendable {
    let walk: GraphWalk
    let entries: EntryPoints
    /// Enters through the upper levels instead.
    let descent: UpperDescent?
    let encoding: Encoding
    let vectors: ExactVectors
    /// Where a node's vector is in `vectors`; nil when nodes and vectors have one order.
    let vectorOfNode: UnsafePointer<UInt32>?
    /// What the caller looks up by node next, asked for while the vectors are compared.
    let ids: UnsafePointer<UInt64>?

    init(
        walk: GraphWalk, entries: EntryPoints, descent: UpperDescent? = nil, encoding: Encoding, vectors: ExactVectors,
        vectorOfNode: UnsafePointer<UInt32>?, ids: UnsafePointer<UInt64>? = nil
    ) {
        self.walk = walk
        self.entries = entries
        self.descent = descent
        self.encoding = encoding
        self.vectors = vectors
        self.vectorOfNode = vectorOfNode
        self.ids = ids
    }

    /// Standard deviations of a distance's error in 8 bits beyond which a node is not ranked anew, as a multiple of
    /// 1/√(code bytes): measured, about five.
    static let rerankMargin: Float = 0.078

    var rerankMargin: Float { Self.rerankMargin / Float(walk.layout.codeBytes).squareRoot() }

    /// Searches for the query in `scratch.query`, and leaves nodes and their scores, in no order, in `scratch.ids` and
    /// `scratch.scores`. - Returns: how many; fewer than k when the walk met no more.
    ///
    /// - Parameter selection: among what the answers must be.
    func run(_ scratch: SearchScratch, k: Int, rule: WalkRule, within selection: Selection? = nil) -> Int {
        scratch.fit(
            walk.layout, nodes: walk.nodes, nearest: rule.nearest, recorded: rule.radius == nil ? nil : walk.nodes)
        let code = scratch.code
        code.load(scratch.query.base, encoding, isUnitLength: vectors.metric != .squaredL2)
        var distances = entries.count
        var starts = 1
        if let descent {
            distances = descent.start(walk, code, scratch.walk)
        } else {
            starts = entries.starts(code, scratch.walk)
        }
        let result: WalkResult
        if let selection {
            starts = entries.starts(code, scratch.walk, selection.seeds, walk)
            result = walk.run(code, starts: starts, rule: rule, scratch.walk, among: selection.nodes)
        } else {
            result = walk.run(code, starts: starts, rule: rule, scratch.walk)
        }
        scratch.statistics.hops = result.hops
        scratch.statistics.distances = result.hops * (walk.layout.degree + 1) + distances
        if result.isCutShort { return 0 }
        let margin = rerankMargin
        let recorded = scratch.walk.recorded.base
        var limit = (rule.radius ?? -.infinity) + margin
        if rule.nearest == k, result.nearestCount > 0 {
            limit = max(limit, NodeKey.distance(scratch.walk.nearest[0]) + margin)
        } else {
            var nearest = SmallestKeys(keys: scratch.walk.nearest.base, capacity: k)
            for i in 0..<result.recorded { nearest.insert(recorded[i]) }
            if nearest.count > 0 { limit = max(limit, NodeKey.distance(nearest.largest) + margin) }
        }
        let last = NodeKey.make(limit, .max)
        return rank(scratch, result.recorded, upTo: last)
    }

    /// Scores those of the first `count` nodes in `scratch.walk.recorded` whose keys are no larger than `last`, into
    /// `scratch.ids` and `scratch.scores`. - Returns: how many.
    @inline(__always)
    func rank(_ scratch: SearchScratch, _ count: Int, upTo last: Int64 = .max) -> Int {
        let recorded = scratch.walk.recorded.base
        let ids = scratch.ids.base
        var examined = 0
        for i in 0..<count where recorded[i] <= last {
            ids[examined] = NodeKey.node(recorded[i])
            examined += 1
        }
        scratch.statistics.reranked = examined
        if let own = self.ids { for i in 0..<examined { nx_prefetch(own + Int(ids[i])) } }
        let rows = scratch.rows.base
        if let vectorOfNode {
            for i in 0..<examined { rows[i] = vectorOfNode[Int(ids[i])] }
        }
        vectors.scores(
            scratch.query.base, vectorOfNode == nil ? ids : rows, count: examined, into: scratch.scores.base)
        return examined
    }
}
