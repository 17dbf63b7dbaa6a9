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
        let degree = view.rowLayout.degree
        var report = GraphReport(nodesByNeighbors: [Int](repeating: 0, count: degree + 1))
        for node in 0..<view.nodes {
            let slots = view.neighbors(ofRow: node)
            var count = 0
            for slot in 0..<degree where slots[slot] != UInt32(node) { count += 1 }
            report.nodesByNeighbors[count] += 1
        }
        // What reaches node 0 reaches what node 0 reaches.
        note(unmet(from: 0), in: &report)
        for entry in 1..<max(min(EntryPoints.countMax, view.nodes), 1) where !reachesFirst(from: entry) {
            note(unmet(from: entry), in: &report)
        }
        try view.file.checkWhole()
        return report
    }

    private func note(_ unmet: [Int], in report: inout GraphReport) {
        guard unmet.count > report.unreachable else { return }
        report.unreachable = unmet.count
        report.firstUnreachable = unmet.first
    }

    /// The nodes that no way leads to, ascending.
    private func unmet(from start: Int) -> [Int] {
        var isMet = [Bool](repeating: false, count: view.nodes)
        follow(from: start, &isMet) { _ in false }
        return isMet.indices.filter { !isMet[$0] }
    }

    private func reachesFirst(from start: Int) -> Bool {
        var isMet = [Bool](repeating: false, count: view.nodes)
        return follow(from: start, &isMet) { $0 == 0 }
    }

    /// Visits what can be reached until `isGoal` says so. - Returns: whether it did.
    @discardableResult
    private func follow(from start: Int, _ isMet: inout [Bool], until isGoal: (Int) -> Bool) -> Bool {
        isMet[start] = true
        var open = [start]
        while let node = open.popLast() {
            if isGoal(node) { return true }
            let slots = view.neighbors(ofRow: node)
            for slot in 0..<view.rowLayout.degree {
                let neighbor = Int(slots[slot])
                // Numbers of a damaged file may name nobody.
                guard neighbor < view.nodes, !isMet[neighbor] else { continue }
                isMet[neighbor] = true
                open.append(neighbor)
            }
        }
        return false
    }
}
