/// The ids of one snapshot that may be answers: prepared once, for any number of searches on any threads.
public final class Selection: Sendable {
    /// How many ids it holds.
    public let count: Int
    /// By position in IDS.
    let positions: BitSet
    /// By node: those with an id in the selection.
    let nodes: BitSet
    let nodeCount: Int
    /// Some nodes of the selection, spread evenly: a walk may start from them.
    let seeds: [UInt32]
    /// Of whose snapshot the numbers are.
    private let owner: MappedFile

    /// - Parameter positions: not written to any more.
    init(_ view: SnapshotView, positions: BitSet) {
        owner = view.file
        self.positions = positions
        count = positions.count
        if view.groupStarts == nil {
            nodes = positions
            nodeCount = count
        } else {
            nodes = BitSet(bound: view.nodes)
            for node in 0..<view.nodes where view.idPositions(of: node).contains(where: { positions.contains($0) }) {
                nodes.insert(node)
            }
            nodeCount = nodes.count
        }
        seeds = Self.seeds(nodes, count: nodeCount)
    }

    func belongs(to view: SnapshotView) -> Bool { owner === view.file }

    private static func seeds(_ nodes: BitSet, count: Int) -> [UInt32] {
        let wanted = min(count, EntryPoints.countMax)
        guard wanted > 0 else { return [] }
        var seeds: [UInt32] = []
        var next = 0
        var seen = 0
        for i in 0..<BitSet.words(for: nodes.bound) {
            let here = nodes.words[i].nonzeroBitCount
            while seeds.count < wanted, next < seen + here {
                var word = nodes.words[i]
                for _ in 0..<next - seen { word &= word - 1 }
                seeds.append(UInt32(i << 6 + word.trailingZeroBitCount))
                next = seeds.count * count / wanted
            }
            seen += here
        }
        return seeds
    }
}

extension Snapshot {
    /// The ids that meet a filter.
    ///
    /// - Throws: when it names a label that no id can have.
    /// - Complexity: O(count / 64) and the postings of the labels that it names; O(count) where equal vectors were collapsed.
    public func selection(_ filter: SearchFilter) throws(VectorIndexError) -> Selection {
        let all = BitSet(bound: view.count)
        all.insertAll()
        return try selection(filter, among: all)
    }

    /// Those of a selection of this snapshot that meet a filter, too.
    func selection(_ filter: SearchFilter, among other: Selection) throws(VectorIndexError) -> Selection {
        precondition(other.belongs(to: view))
        return try selection(filter, among: other.positions.copy())
    }

    private func selection(_ filter: SearchFilter, among positions: BitSet) throws(VectorIndexError) -> Selection {
        for condition in filter.conditions {
            let named = BitSet(bound: view.count)
            switch condition {
            case .labeled(let labels), .unlabeled(let labels):
                for label in labels { try label.check() }
                view.labels?.mark(labels, in: named)
            case .ids(let ids), .otherIDs(let ids):
                for id in ids { if let position = view.position(of: id) { named.insert(position) } }
            }
            switch condition {
            case .labeled, .ids: positions.formIntersection(named)
            case .unlabeled, .otherIDs: positions.subtract(named)
            }
        }
        try view.file.checkWhole()
        return Selection(view, positions: positions)
    }

    /// All but some ids. Ids that are not there change nothing.
    func selection(without ids: some Sequence<UInt64>) -> Selection {
        let positions = BitSet(bound: view.count)
        positions.insertAll()
        for id in ids { if let position = view.position(of: id) { positions.remove(position) } }
        return Selection(view, positions: positions)
    }

    /// The ids whose bits are set: bit i % 64 of word i / 64 is the i-th of all ids, ascending (`ids`).
    ///
    /// - Complexity: O(count).
    public func selection(bitmap: [UInt64]) throws(VectorIndexError) -> Selection {
        guard bitmap.count == BitSet.words(for: view.count) else {
            throw VectorIndexError(
                .invalidParameter, "the bitmap has \(bitmap.count) words of 64 bits",
                remedy: "Give \(BitSet.words(for: view.count)): a bit for each of \(view.count) ids.")
        }
        let positions = BitSet(bound: view.count)
        for i in 0..<view.count where bitmap[i >> 6] >> UInt64(i & 63) & 1 != 0 {
            let position = Int(view.idOrder[i])
            if position < view.count { positions.insert(position) }
        }
        try view.file.checkWhole()
        return Selection(view, positions: positions)
    }

    /// All labels that ids have, ascending, and how many ids have them.
    public var labels: [(label: Label, ids: Int)] {
        get throws(VectorIndexError) {
            let all = view.labels.map { labels in
                (0..<labels.count).map { (labels.label($0), labels.postings($0).count) }
            }
            try view.file.checkWhole()
            return all ?? []
        }
    }
}
