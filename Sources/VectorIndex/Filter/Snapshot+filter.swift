extension Snapshot {
    /// The k nearest vectors of a selection, best first; fewer only when the selection holds fewer ids.
    ///
    /// Few matches are scanned exactly. Many are searched through the graph, whose other nodes lead on but are no
    /// answers; a walk that costs more than a scan of the matches is given up for one.
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
        let plan = FilterPlan(matches: selection.nodeCount, nodes: view.nodes, k: k)
        let rule = try walkRule(for: plan.effort(for: effort ?? .targetRecall(info.targetRecall)), k: k)
        let own = try prepared(query, scratch)
        defer { giveBack(own, unless: scratch) }
        guard selection.count > 0 else { return [] }
        guard let graph = view.graph, var rule, plan.isWalk else { return scan(own, k: k, selection) }
        plan.adjust(&rule, codeBytes: view.rowLayout.codeBytes)
        let count = graph.run(own, k: k, rule: rule, within: selection)
        guard count >= min(k, selection.nodeCount) else { return scan(own, k: k, selection) }
        return neighbors(count: count, k: k, within: selection.positions) {
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

    private func scan(_ scratch: SearchScratch, k: Int, _ selection: Selection) -> [Neighbor] {
        scratch.statistics.distances += selection.nodeCount
        if selection.nodeCount > CodeScan.vectorsMax, let graph = view.graph,
            let count = CodeScan(search: graph, nodes: selection.nodes).run(scratch, k: min(k, selection.nodeCount)),
            count >= min(k, selection.nodeCount)
        {
            return neighbors(count: count, k: k, within: selection.positions) {
                (score: scratch.scores[$0], row: scratch.ids[$0])
            }
        }
        let nearest = view.exact.nearest(
            to: scratch.query.base, k: min(k, selection.nodeCount), among: selection.nodes)
        return neighbors(count: nearest.count, k: k, within: selection.positions) { nearest[$0] }
    }
}
