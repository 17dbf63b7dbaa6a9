/// What following every link of level 0 shows.
public struct GraphReport: Sendable, Equatable {
    /// How many nodes have so many neighbours, from none to the degree.
    public var nodesByNeighbors: [Int]
    /// Nodes that a search cannot reach from one of its entries, at worst; 0 in a sound graph.
    public var unreachable = 0
    /// The first of them.
    public var firstUnreachable: Int?

    /// Neighbours a node, on average.
    public var meanNeighbors: Double {
        let nodes = nodesByNeighbors.reduce(0, +)
        let links = nodesByNeighbors.enumerated().reduce(0) { $0 + $1.offset * $1.element }
        return nodes > 0 ? Double(links) / Double(nodes) : 0
    }
}

extension Snapshot {
    /// Counts neighbours and follows links; nil when there is no graph.
    ///
    /// - Complexity: O(links), and a byte a node.
    public func graphReport() throws(VectorIndexError) -> GraphReport? {
        guard view.graph != nil else { return nil }
        let links = RowLinks(view: view)
        var report = GraphReport(nodesByNeighbors: [Int](repeating: 0, count: view.rowLayout.degree + 1))
        for node in 0..<view.nodes {
            var count = 0
            links.forEachNeighbor(of: node) { _ in count += 1 }
            report.nodesByNeighbors[count] += 1
        }
        // What reaches node 0 reaches what node 0 reaches.
        note(links.unreachable(from: 0), in: &report)
        for entry in 1..<max(min(EntryPoints.countMax, view.nodes), 1)
        where !links.reaches(from: entry, { $0 == 0 }) {
            note(links.unreachable(from: entry), in: &report)
        }
        try view.file.checkWhole()
        return report
    }

    private func note(_ unmet: [Int], in report: inout GraphReport) {
        guard unmet.count > report.unreachable else { return }
        report.unreachable = unmet.count
        report.firstUnreachable = unmet.first
    }
}

/// The links of level 0, as the rows of a file hold them.
private struct RowLinks: LinkedNodes {
    let view: SnapshotView

    var nodes: Int { view.nodes }

    func forEachNeighbor(of node: Int, _ body: (Int) -> Void) {
        let slots = view.neighbors(ofRow: node)
        for slot in 0..<view.rowLayout.degree {
            let neighbor = Int(slots[slot])
            // An empty slot names its own node; numbers of a damaged file may name nobody.
            if neighbor != node, neighbor < view.nodes { body(neighbor) }
        }
    }
}
