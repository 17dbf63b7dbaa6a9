/// Choosing a node's neighbours out of candidates, and searching for the candidates.
///
/// The choice is the heuristic of HNSW (Malkov and Yashunin, 2016, algorithm 4), which is Vamana's robust prune at
/// alpha 1: a candidate is passed over when a neighbour already chosen is nearer to it than the node is.
extension BuildScratch {
    /// Fills the beam with the nearest nodes to `query` that a search from `entry` finds. Leaves `visited` as it was
    /// met.
    func searchBeam(_ space: CodeSpace, _ graph: LayerGraph, entry: Int) -> BestList {
        var best = BestList(keys: beamKeys.base, capacity: beamWidth)
        visited.clear()
        _ = visited.insert(UInt32(entry))
        ids[0] = UInt32(entry)
        space.distances(from: query, to: ids.base, count: 1, into: distances.base)
        best.insert(BestList.key(BestList.ordered(distances[0]), ids[0]))
        while let node = best.expandNext() {
            var count = 0
            for neighbor in graph.neighbors(of: Int(node)) where visited.insert(neighbor) {
                ids[count] = neighbor
                count += 1
            }
            space.distances(from: query, to: ids.base, count: count, into: distances.base)
            for i in 0..<count { best.insert(BestList.key(BestList.ordered(distances[i]), ids[i])) }
        }
        return best
    }

    /// Walks to the nearest node of a level, one step at a time.
    func descend(_ space: CodeSpace, _ graph: LayerGraph, entry: Int) -> Int {
        var at = entry
        ids[0] = UInt32(entry)
        space.distances(from: query, to: ids.base, count: 1, into: distances.base)
        var nearest = distances[0]
        while true {
            let neighbors = graph.neighbors(of: at)
            guard let base = neighbors.baseAddress, !neighbors.isEmpty else { return at }
            space.distances(from: query, to: base, count: neighbors.count, into: distances.base)
            var next = at
            for i in 0..<neighbors.count where distances[i] < nearest {
                nearest = distances[i]
                next = Int(neighbors[i])
            }
            if next == at { return at }
            at = next
        }
    }

    /// Chooses at most `limit` of the first `count` candidates, which are sorted by their distance to the node they are
    /// for, into `chosen`. - Returns: how many. - Complexity: O(limit * count) distances.
    func choose(_ space: CodeSpace, count: Int, limit: Int) -> Int {
        var left = count
        remaining.base.update(from: candidates.base, count: count)
        var chosenCount = 0
        while left > 0, chosenCount < limit {
            let nearest = BestList.node(remaining[0])
            chosen[chosenCount] = nearest
            chosenCount += 1
            guard chosenCount < limit, left > 1 else { break }
            for i in 1..<left { ids[i - 1] = BestList.node(remaining[i]) }
            space.load(Int(nearest), into: &other)
            space.distances(from: other, to: ids.base, count: left - 1, into: distances.base)
            var kept = 0
            for i in 1..<left where distances[i - 1] >= BestList.distance(remaining[i]) {
                remaining[kept] = remaining[i]
                kept += 1
            }
            left = kept
        }
        return chosenCount
    }

    /// Sorts the first `count` candidates. They are few and nearly sorted.
    func sortCandidates(count: Int) {
        var sorted = UnsafeMutableBufferPointer(start: candidates.base, count: count)
        sorted.sort()
    }
}
