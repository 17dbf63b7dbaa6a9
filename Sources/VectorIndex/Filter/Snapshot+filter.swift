extension Snapshot {
    /// The k nearest vectors of a selection, best first; fewer only when the selection holds fewer ids.
    ///
    /// Few matches are all compared: by their vectors, or, where there are more of them than that is worth, by their codes,
    /// which leave those that may be among the k nearest to the vectors. An effort that an index would be scanned exactly
    /// for, such as a target of recall of 1, always compares the vectors. Many matches are searched through the graph,
    /// whose other nodes lead on but are no answers; a walk that costs more than a scan of the matches is given up for
    /// one.
    /// - Parameters: as of `search(_:k:effort:scratch:)`.
    public func search(
        _ query: [Float], k: Int, within selection: Selection, effort: SearchEffort? = nil,
        scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try checkLimits(k: k)
        guard selection.belongs(to: view) else {
            throw VectorIndexError(
                .invalidParameter, "the selection is of another snapshot",
                remedy: "Ask this snapshot for a selection.", file: view.file.path)
        }
        let isExact = try walkRule(for: effort, k: k) == nil
        let own = try prepared(query, scratch)
        defer { giveBack(own, unless: scratch) }
        guard selection.count > 0 else {
            try view.file.checkWhole()
            return []
        }
        guard let graph = view.graph, !isExact else { return try scan(own, k: k, selection) }
        let plan = FilterPlan(matches: selection.nodeCount, nodes: view.nodes, k: k)
        let planned = plan.effort(for: effort ?? .targetRecall(info.targetRecall))
        guard plan.isWalk, var rule = try walkRule(for: planned, k: k) else {
            return try scanCodes(own, k: k, selection, graph)
        }
        plan.adjust(&rule, codeBytes: view.rowLayout.codeBytes)
        let count = graph.run(own, k: k, rule: rule, within: selection)
        guard count >= min(k, selection.nodeCount) else { return try scanCodes(own, k: k, selection, graph) }
        return try neighbors(count: count, k: k, within: selection) {
            (score: own.scores[$0], row: own.ids[$0])
        }
    }

    /// The same for the ids that meet a filter. Searches that share a filter had better share its `selection`.
    public func search(
        _ query: [Float], k: Int, where filter: SearchFilter, effort: SearchEffort? = nil,
        scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        try search(query, k: k, within: selection(filter), effort: effort, scratch: scratch)
    }

    /// By codes and then by vectors; by vectors only where there are few, or too many that the codes cannot tell apart.
    private func scanCodes(
        _ scratch: SearchScratch, k: Int, _ selection: Selection, _ graph: GraphSearch
    ) throws(VectorIndexError) -> [Neighbor] {
        let nearest = min(k, selection.nodeCount)
        guard selection.nodeCount > CodeScan.vectorsMax,
            let count = CodeScan(search: graph, nodes: selection.nodes).run(scratch, k: nearest), count >= nearest
        else { return try scan(scratch, k: k, selection) }
        scratch.statistics.distances += selection.nodeCount
        return try neighbors(count: count, k: k, within: selection) {
            (score: scratch.scores[$0], row: scratch.ids[$0])
        }
    }

    private func scan(
        _ scratch: SearchScratch, k: Int, _ selection: Selection
    ) throws(VectorIndexError) -> [Neighbor] {
        scratch.statistics.distances += selection.nodeCount
        let nearest = view.exact.nearest(
            to: scratch.query.base, k: min(k, selection.nodeCount), among: selection.nodes)
        return try neighbors(count: nearest.count, k: k, within: selection) { nearest[$0] }
    }
}
