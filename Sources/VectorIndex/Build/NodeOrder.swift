/// Which vector becomes which node: input is sorted by id, equal vectors share a node, and nodes are numbered by level.
///
/// A node's level is drawn from the seed (one node in 16 is also on the level above). Higher levels get the lower
/// numbers and order is shuffled within a level: so every level is the nodes `0..<size`, and a build that inserts them
/// in order meets them as if at random. The order in which vectors were added does not matter.
struct NodeOrder {
    /// By node, the position in the input of its vector.
    var inputs: [Int] = []
    /// Ids by node.
    var ids: [UInt64] = []
    /// Where each node's ids start, with the end last; nil when every node has one.
    var groupStarts: [UInt32]?
    /// Positions in `ids`, sorted by id.
    var idOrder: [UInt32] = []
    /// Nodes on level 1, 2, ...: each at least 2.
    var layerSizes: [Int] = []

    private static let bitsPerLevel = 4

    /// The level that a random number draws.
    static func level(_ number: UInt64) -> Int { number.trailingZeroBitCount / bitsPerLevel }

    init() {}

    init(ids inputIDs: [UInt64], vectors: [Float], dimensions: Int, seed: UInt64, threads: Int) throws(VectorIndexError)
    {
        let sorted = inputIDs.indices.sorted { inputIDs[$0] < inputIDs[$1] }
        for i in sorted.indices.dropFirst() where inputIDs[sorted[i]] == inputIDs[sorted[i - 1]] {
            throw VectorIndexError(
                .duplicateID, "id \(inputIDs[sorted[i]]) was added twice", remedy: "Add every id once.")
        }
        let groups = Self.collapse(sorted, vectors: vectors, dimensions: dimensions, threads: threads)

        var random = SplitMix64(seed: seed)
        let levels = groups.map { _ in Self.level(random.next()) }
        var order = Array(groups.indices)
        for i in order.indices.dropFirst().reversed() { order.swapAt(i, random.next(below: i + 1)) }
        let highest = levels.max() ?? 0
        var byLevel = [[Int]](repeating: [], count: highest + 1)
        for group in order { byLevel[levels[group]].append(group) }
        let numbered = byLevel.reversed().flatMap { $0 }

        for level in stride(from: 1, through: highest, by: 1) {
            let size = byLevel[level...].reduce(0) { $0 + $1.count }
            if size >= 2, layerSizes.count < IndexFormat.layersMax { layerSizes.append(size) }
        }
        var starts: [UInt32] = [0]
        for group in numbered {
            inputs.append(groups[group][0])
            ids += groups[group].map { inputIDs[$0] }
            starts.append(UInt32(ids.count))
        }
        if ids.count != inputs.count { groupStarts = starts }
        sortIDs()
    }

    mutating func sortIDs() {
        let ids = self.ids
        idOrder = (0..<UInt32(ids.count)).sorted { ids[Int($0)] < ids[Int($1)] }
    }

    /// Positions of equal vectors together, groups in the order of their smallest id.
    private static func collapse(_ sorted: [Int], vectors: [Float], dimensions: Int, threads: Int) -> [[Int]] {
        let hashes = AlignedBuffer<UInt64>(count: sorted.count)
        vectors.withUnsafeBufferPointer { vectors in
            Workers(threads: threads).run(count: sorted.count, chunk: 1024) { _, range in
                for i in range {
                    hashes[i] = VectorHash.of(
                        vectors[sorted[i] * dimensions..<(sorted[i] + 1) * dimensions])
                }
            }
        }
        func areEqual(_ a: Int, _ b: Int) -> Bool {
            (0..<dimensions).allSatisfy {
                vectors[a * dimensions + $0].bitPattern == vectors[b * dimensions + $0].bitPattern
            }
        }
        var groups: [[Int]] = []
        var groupsByHash: [UInt64: [Int]] = [:]
        groupsByHash.reserveCapacity(sorted.count)
        for i in sorted.indices {
            let known = groupsByHash[hashes[i], default: []]
            if let group = known.first(where: { areEqual(groups[$0][0], sorted[i]) }) {
                groups[group].append(sorted[i])
            } else {
                groupsByHash[hashes[i], default: []].append(groups.count)
                groups.append([sorted[i]])
            }
        }
        return groups
    }
}
