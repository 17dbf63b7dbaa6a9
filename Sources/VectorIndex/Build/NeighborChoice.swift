/// Choosing a node's neighbours out of candidates.
///
/// The choice is the heuristic of HNSW (Malkov and Yashunin, 2016, algorithm 4), which is Vamana's robust prune at
/// alpha 1: a candidate is passed over when a neighbour already chosen is nearer to it than the node is.
extension BuildScratch {
    /// The distances of the nodes in `ids` to the node in `query`, as sorted candidates without repetitions.
    /// - Returns: how many.
    func weigh(_ store: RowStore, count: Int) -> Int {
        store.distances(from: query, to: ids.base, count: count, into: distances.base)
        for i in 0..<count { candidates[i] = LayerGraph.link(distances[i], ids[i]) }
        var sorted = UnsafeMutableBufferPointer(start: candidates.base, count: count)
        sorted.sort()
        var kept = 0
        for i in 0..<count where kept == 0 || candidates[i] != candidates[kept - 1] {
            candidates[kept] = candidates[i]
            kept += 1
        }
        return kept
    }

    /// Chooses at most `limit` of the first `count` candidates, which are sorted by their distance to the node they are
    /// for, into `chosen`. - Returns: how many. - Complexity: O(limit * count) distances.
    func choose(_ store: RowStore, count: Int, limit: Int) -> Int {
        var left = count
        remaining.base.update(from: candidates.base, count: count)
        var chosenCount = 0
        while left > 0, chosenCount < limit {
            chosen[chosenCount] = remaining[0]
            chosenCount += 1
            guard chosenCount < limit, left > 1 else { break }
            for i in 1..<left { ids[i - 1] = LayerGraph.node(remaining[i]) }
            store.load(Int(LayerGraph.node(remaining[0])), into: &other)
            store.distances(from: other, to: ids.base, count: left - 1, into: distances.base)
            var kept = 0
            for i in 1..<left where distances[i - 1] >= LayerGraph.distance(remaining[i]) {
                remaining[kept] = remaining[i]
                kept += 1
            }
            left = kept
        }
        return chosenCount
    }

    /// Offers a new neighbour to a list that the rule above has chosen, sorted, in `chosen`: it is passed over, or
    /// comes in and those leave that it is nearer to than their node is. - Returns: the new length.
    func offer(_ store: RowStore, _ link: UInt64, count: Int, limit: Int) -> Int {
        for i in 0..<count { ids[i] = LayerGraph.node(chosen[i]) }
        store.load(Int(LayerGraph.node(link)), into: &other)
        store.distances(from: other, to: ids.base, count: count, into: distances.base)
        var place = 0
        while place < count, chosen[place] < link {
            if distances[place] < LayerGraph.distance(link) { return count }
            place += 1
        }
        if place == limit { return count }
        var kept = place
        for i in place..<count where distances[i] >= LayerGraph.distance(chosen[i]) {
            chosen[kept] = chosen[i]
            kept += 1
        }
        kept = min(kept, limit - 1)
        var i = kept
        while i > place {
            chosen[i] = chosen[i - 1]
            i -= 1
        }
        chosen[place] = link
        return kept + 1
    }

    /// Fills the rest of `limit` slots from the candidates that were passed over, the least occluded first.
    ///
    /// FastScan scores all slots whatever they hold, so that a full row finds more at the same cost. A candidate's
    /// occlusion is the largest ratio of its distance from the node to its distance from a nearer neighbour.
    /// - Parameters:
    ///   - count: candidates, sorted.
    ///   - chosenCount: neighbours in `chosen`.
    /// - Returns: how many are in `chosen`, which is no longer sorted.
    func fill(_ store: RowStore, count: Int, chosenCount: Int, limit: Int, occlusion: UnsafeMutablePointer<Float>)
        -> Int
    {
        // The candidates that are left, with what occludes them so far.
        var left = 0
        for i in 0..<count {
            var isChosen = false
            for j in 0..<chosenCount where chosen[j] == candidates[i] { isChosen = true }
            if isChosen { continue }
            remaining[left] = candidates[i]
            ids[left] = LayerGraph.node(candidates[i])
            occlusion[left] = 0
            left += 1
        }
        func occlude(by link: UInt64) {
            store.load(Int(LayerGraph.node(link)), into: &other)
            store.distances(from: other, to: ids.base, count: left, into: distances.base)
            for i in 0..<left where remaining[i] > link {
                let ratio = Float(LayerGraph.distance(remaining[i])) / Float(max(distances[i], 1))
                if ratio > occlusion[i] { occlusion[i] = ratio }
            }
        }
        for j in 0..<chosenCount { occlude(by: chosen[j]) }
        var filled = chosenCount
        for stage in Self.stages where filled < limit {
            var i = 0
            while i < left, filled < limit {
                if occlusion[i] < stage {
                    let link = remaining[i]
                    chosen[filled] = link
                    filled += 1
                    // It stays where it is, never to be taken again.
                    occlusion[i] = .infinity
                    occlude(by: link)
                }
                i += 1
            }
        }
        return filled
    }

    /// Squares of 1.05, 1.1, 1.2, 1.35, 1.6 and 2, as distances are squared; then all.
    private static let stages: [Float] = [1.1025, 1.21, 1.44, 1.8225, 2.56, 4, .greatestFiniteMagnitude]
}
