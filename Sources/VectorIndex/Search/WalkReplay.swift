import CBLAS

/// One row that a walk expanded, in the order of the walk. Distances are the walk's, see `QueryCode`.
package struct WalkHop: Sendable, Equatable {
    package var node: UInt32
    /// Whose row showed it; nil for an entry.
    package var from: UInt32?
    /// By which it waited: what that row estimates, or an entry's 8-bit distance.
    package var estimate: Float
    /// Of its own 8-bit code, known once its row is read.
    package var distance: Float
    /// Its place among the nearest expanded so far, from 1; nil when as many as the limit is taken from were nearer.
    package var rank: Int?
    /// Beyond which nothing is expanded from here on: infinite until there are as many nearest as it is taken from.
    package var limit: Float
    /// Neighbours that it made wait: not met before, and near enough.
    package var queued: Int
}

/// A row that showed the node which a replay looks out for.
package struct WalkSighting: Sendable, Equatable {
    package enum Fate: String, Sendable {
        /// From here on it waited to be expanded.
        case queued
        /// It had been met already.
        case known
        /// Its estimate was not below what a neighbour needed to wait.
        case tooFar
    }

    /// Which hop's row it was, from 0.
    package var hop: Int
    package var estimate: Float
    /// What the estimate had to be below.
    package var needed: Float
    package var fate: Fate
}

/// The walk of `GraphWalk` again, in plain lists and with a diary: the same nodes in the same order, at a thousandth of
/// the speed. Tests hold the two against each other.
struct WalkReplay {
    let walk: GraphWalk
    let rule: WalkRule
    /// Whose row showed the nodes that wait.
    private var shownBy: [UInt32: UInt32] = [:]

    private(set) var entries: [(node: UInt32, distance: Float, isStart: Bool)] = []
    private(set) var hops: [WalkHop] = []
    private(set) var sightings: [WalkSighting] = []
    /// The nearest node that still waited when the walk ended, and how many did.
    private(set) var nearestWaiting: (node: UInt32, estimate: Float)?
    private(set) var waiting = 0
    private(set) var limit = Float.infinity

    init(_ walk: GraphWalk, rule: WalkRule) {
        self.walk = walk
        self.rule = rule
    }

    /// Whether a node ever waited to be expanded. - Precondition: it is the subject.
    func hasQueued(_ subject: UInt32) -> Bool {
        entries.contains { $0.isStart && $0.node == subject } || sightings.contains { $0.fate == .queued }
    }

    /// How many rows are chosen ahead of the one that is read; as in `GraphWalk`.
    private var ahead: Int { min(max((8_704 + walk.layout.stride / 2) / walk.layout.stride, 3), WalkScratch.aheadMax) }

    /// - Parameters:
    ///   - code: as the search loaded it.
    ///   - subject: the node whose sightings are noted.
    ///   - scratch: fitted by the search; what it recorded is not touched.
    mutating func run(_ code: QueryCode, entries count: Int, subject: UInt32?, _ scratch: WalkScratch) {
        var row = ReplayedRow(walk, code, scratch)
        let keys = (0..<UInt32(count)).map { NodeKey.make(row.distance(of: $0), $0) }
        let starts = Set(keys.sorted().prefix(EntryPoints.startsMax))
        entries = keys.map { (NodeKey.node($0), NodeKey.distance($0), starts.contains($0)) }

        var lists = WaitingNodes(overflowMax: scratch.overflowMax)
        var met = Set(starts.map(NodeKey.node))
        lists.add(starts.sorted())
        var coming: [Int64] = []
        var nearest: [Int64] = []
        let capIndex = min(rule.cap, WalkRule.hotMax) - 1
        while true {
            while coming.count < ahead, let key = lists.first(below: limit), NodeKey.distance(key) <= limit {
                lists.removeFirst()
                coming.append(key)
            }
            guard !coming.isEmpty else { break }
            let key = coming.removeFirst()
            if NodeKey.distance(key) > limit { continue }
            let node = NodeKey.node(key)
            let distance = row.read(node)
            let own = NodeKey.make(distance, node)
            let place = nearest.firstIndex { own < $0 } ?? nearest.count
            if place < rule.nearest { nearest.insert(own, at: place) }
            if nearest.count > rule.nearest { nearest.removeLast() }
            if nearest.count == rule.nearest {
                limit = max(NodeKey.distance(nearest[nearest.count - 1]) + rule.slack, rule.radius ?? -.infinity)
            }
            let needed = rule.cap <= WalkRule.hotMax ? min(limit, NodeKey.distance(lists.hot(at: capIndex))) : limit
            let near = row.neighbors.filter { $0.estimate < needed }
            lists.makeRoom(for: near.count)
            let new = near.filter { $0.node < UInt32(walk.nodes) && met.insert($0.node).inserted }
            lists.add(new.map { NodeKey.make($0.estimate, $0.node) })
            if let subject, let seen = row.neighbors.first(where: { $0.node == subject }) {
                let fate: WalkSighting.Fate =
                    new.contains { $0.node == subject } ? .queued : met.contains(subject) ? .known : .tooFar
                sightings.append(
                    WalkSighting(hop: hops.count, estimate: seen.estimate, needed: needed, fate: fate))
            }
            hops.append(
                WalkHop(
                    node: node, from: shownBy[node], estimate: NodeKey.distance(key), distance: distance,
                    rank: place < rule.nearest ? place + 1 : nil, limit: limit, queued: new.count))
            for neighbor in new { shownBy[neighbor.node] = node }
        }
        waiting = lists.count
        nearestWaiting = lists.nearest.map { (NodeKey.node($0), NodeKey.distance($0)) }
    }
}

/// What one row says of its node and its neighbours, by the kernels that searches use.
private struct ReplayedRow {
    private let walk: GraphWalk
    private let code: QueryCode
    private let scratch: WalkScratch
    /// In the order of slots; empty slots are none.
    private(set) var neighbors: [(node: UInt32, estimate: Float)] = []

    init(_ walk: GraphWalk, _ code: QueryCode, _ scratch: WalkScratch) {
        self.walk = walk
        self.code = code
        self.scratch = scratch
    }

    /// - Returns: the node's own distance.
    mutating func read(_ node: UInt32) -> Float {
        var shape = walk.layout.shape
        let row = walk.rows + Int(node) * walk.layout.stride
        let product = Kernels.active.scan(&shape, code.query, row: row, next: row, sums: scratch.sums.base)
        let distance = self.distance(product, row)
        let count = Kernels.active.selectNear(
            &shape, code.query, row: row, sums: scratch.sums.base, base: distance, limit: .infinity,
            ids: scratch.ids.base, distances: scratch.distances.base)
        neighbors = (0..<count).map { (scratch.ids[$0], scratch.distances[$0]) }
        return distance
    }

    /// - Returns: the node's own distance, without a look at its neighbours.
    func distance(of node: UInt32) -> Float {
        var node = node
        var product: Int32 = 0
        Kernels.active.dots(
            rows: walk.rows, stride: walk.layout.stride, ids: &node, count: 1, query: code.bytes,
            length: walk.layout.codeBytes, out: &product)
        return distance(product, walk.rows + Int(node) * walk.layout.stride)
    }

    private func distance(_ product: Int32, _ row: UnsafePointer<UInt8>) -> Float {
        let own = code.ownScale * Float(product &- code.bias)
        guard walk.layout.hasNorm else { return own }
        let norm = UnsafeRawPointer(row + walk.layout.normOffset).load(as: Int32.self)
        return own + walk.halfUnitSquare * Float(norm)
    }
}

/// The nodes that wait: a short sorted list of the nearest, and the rest, from which the list is filled when it is empty.
private struct WaitingNodes {
    private var list: [Int64] = []
    private var overflow: [Int64] = []
    /// No key in the list is beyond it.
    private var overflowLeast = NodeKey.none
    private let overflowMax: Int

    init(overflowMax: Int) { self.overflowMax = overflowMax }

    var count: Int { list.count + overflow.count }
    var nearest: Int64? { list.first ?? overflow.min() }

    func hot(at index: Int) -> Int64 { index < list.count ? list[index] : NodeKey.none }

    /// The first of the list, which is filled up by what is not past the limit if it is empty.
    mutating func first(below limit: Float) -> Int64? {
        if list.isEmpty, !overflow.isEmpty {
            let sorted = overflow.filter { NodeKey.distance($0) <= limit }.sorted()
            list = Array(sorted.prefix(WalkRule.hotMax))
            overflow = Array(sorted.dropFirst(WalkRule.hotMax))
            overflowLeast = overflow.first ?? NodeKey.none
        }
        return list.first
    }

    mutating func removeFirst() { list.removeFirst() }

    /// The farther half goes where the rest would grow too long.
    mutating func makeRoom(for added: Int) {
        guard overflow.count + added > overflowMax else { return }
        overflow = Array(overflow.sorted().prefix(overflow.count / 2))
    }

    mutating func add(_ keys: [Int64]) {
        let near = keys.filter { $0 < overflowLeast }
        overflow += keys.filter { $0 >= overflowLeast }
        let sorted = (list + near).sorted()
        list = Array(sorted.prefix(WalkRule.hotMax))
        let fallen = sorted.dropFirst(WalkRule.hotMax)
        overflow += fallen
        overflowLeast = min(overflowLeast, fallen.first ?? NodeKey.none)
    }
}
