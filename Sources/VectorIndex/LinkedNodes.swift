/// Nodes with links to others, which can be followed: a level while it is built, and level 0 of a file.
protocol LinkedNodes {
    var nodes: Int { get }
    /// Calls `body` with each neighbour of a node; all of them are nodes that are there.
    func forEachNeighbor(of node: Int, _ body: (Int) -> Void)
}

extension LinkedNodes {
    /// Visits what can be reached from `start` through nodes that are new, and makes them not new, until `isGoal` says so.
    ///
    /// - Returns: whether it did.
    /// - Complexity: O(links).
    @discardableResult
    func follow(from start: Int, isNew: inout [Bool], until isGoal: (Int) -> Bool = { _ in false }) -> Bool {
        isNew[start] = false
        var open = [start]
        while let node = open.popLast() {
            if isGoal(node) { return true }
            forEachNeighbor(of: node) { neighbor in
                guard isNew[neighbor] else { return }
                isNew[neighbor] = false
                open.append(neighbor)
            }
        }
        return false
    }

    /// The nodes that no way leads to, ascending. - Complexity: O(links).
    func unreachable(from start: Int) -> [Int] {
        guard nodes > 0 else { return [] }
        var isNew = [Bool](repeating: true, count: nodes)
        follow(from: start, isNew: &isNew)
        return isNew.indices.filter { isNew[$0] }
    }

    /// Whether a way leads to a goal. - Complexity: O(links), usually far less.
    func reaches(from start: Int, _ isGoal: (Int) -> Bool) -> Bool {
        var isNew = [Bool](repeating: true, count: nodes)
        return follow(from: start, isNew: &isNew, until: isGoal)
    }
}
