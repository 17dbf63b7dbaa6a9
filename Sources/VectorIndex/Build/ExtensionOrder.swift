/// Which vector becomes which node when a snapshot is extended: nodes that stay first, in their order, then the new ones.
struct ExtensionOrder {
    /// By new number, the old one: of the nodes that stay.
    private(set) var kept: [UInt32] = []
    /// By old number, the new one; the largest number for nodes that go.
    private(set) var newNumbers: [UInt32]
    private(set) var order = NodeOrder()
    /// The vectors of all nodes, side by side.
    private(set) var vectors: [Float] = []
    /// By node, its place when those of higher levels come first.
    private(set) var ranks: [UInt32] = []

    init(_ view: SnapshotView, _ overlay: Overlay, seed: UInt64) {
        let dimensions = view.dimensions
        newNumbers = [UInt32](repeating: .max, count: view.nodes)
        var ids: [[UInt64]] = []
        for node in 0..<view.nodes {
            let own = view.idPositions(of: node).map { view.ids[$0] }.filter { overlay.entries[$0] == nil }
            guard !own.isEmpty else { continue }
            newNumbers[node] = UInt32(kept.count)
            kept.append(UInt32(node))
            ids.append(own)
        }
        vectors.reserveCapacity((kept.count + overlay.ids.count) * dimensions)
        for node in kept {
            vectors += UnsafeBufferPointer(start: view.exact.base + Int(node) * dimensions, count: dimensions)
        }
        // In an order that has nothing to do with the ids', as the last of them are measured with.
        let fresh = overlay.ids.map { (key: SplitMix64.hash($0, seed: seed), id: $0) }.sorted { $0 < $1 }
        var known = EqualVectors(dimensions: dimensions)
        known.add(vectors, nodes: 0..<kept.count, like: fresh.compactMap { overlay.entries[$0.id]?.vector })
        for (_, id) in fresh {
            guard let vector = overlay.entries[id]?.vector else { continue }
            if let node = known.node(equalTo: vector, in: vectors) {
                ids[node].append(id)
            } else {
                known.add(vector, node: ids.count)
                vectors += vector
                ids.append([id])
            }
        }
        setLevels(ids, view, seed: seed)
        var starts: [UInt32] = [0]
        for own in ids {
            order.ids += own.sorted()
            starts.append(UInt32(order.ids.count))
        }
        if order.ids.count != ids.count { order.groupStarts = starts }
        order.inputs = Array(ids.indices)
        order.sortIDs()
    }

    /// Not where no more nodes are left, nor where more is new, or goes, than stays.
    func isWorthwhile(nodesMin: Int) -> Bool {
        let nodes = order.inputs.count
        return nodes > nodesMin && 2 * kept.count >= max(nodes, newNumbers.count)
    }

    /// A node that stays keeps its level; a new one draws it from its id.
    private mutating func setLevels(_ ids: [[UInt64]], _ view: SnapshotView, seed: UInt64) {
        let levels = ids.indices.map { node -> Int in
            guard node < kept.count else { return NodeOrder.level(SplitMix64.hash(ids[node][0], seed: ~seed)) }
            return view.upper.count { Int(kept[node]) < $0.nodes }
        }
        let highest = min(levels.max() ?? 0, IndexFormat.layersMax)
        for level in stride(from: 1, through: highest, by: 1) {
            let size = levels.count { $0 >= level }
            if size >= 2 { order.layerSizes.append(size) }
        }
        let byLevel = ids.indices.sorted { levels[$0] != levels[$1] ? levels[$0] > levels[$1] : $0 < $1 }
        ranks = [UInt32](repeating: 0, count: ids.count)
        for (rank, node) in byLevel.enumerated() { ranks[node] = UInt32(rank) }
    }
}

/// Finds nodes by their vectors' bits.
private struct EqualVectors {
    let dimensions: Int
    private var nodes: [UInt64: [Int]] = [:]

    init(dimensions: Int) { self.dimensions = dimensions }

    /// Adds those nodes that one of the vectors may be equal to. - Complexity: O(nodes × dimensions).
    mutating func add(_ vectors: [Float], nodes range: Range<Int>, like wanted: [[Float]]) {
        let hashes = Set(wanted.map { Self.hash($0[...]) })
        guard !hashes.isEmpty else { return }
        for node in range {
            let hash = Self.hash(vectors[node * dimensions..<(node + 1) * dimensions])
            if hashes.contains(hash) { nodes[hash, default: []].append(node) }
        }
    }

    mutating func add(_ vector: [Float], node: Int) { nodes[Self.hash(vector[...]), default: []].append(node) }

    func node(equalTo vector: [Float], in vectors: [Float]) -> Int? {
        nodes[Self.hash(vector[...])]?.first { node in
            (0..<dimensions).allSatisfy {
                vectors[node * dimensions + $0].bitPattern == vector[$0].bitPattern
            }
        }
    }

    private static func hash(_ vector: ArraySlice<Float>) -> UInt64 { VectorHash.of(vector) }
}
