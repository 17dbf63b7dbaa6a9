/// From a snapshot's graph and what has changed since to the next generation's graph, without building it anew: the same
/// at any number of threads.
///
/// Nodes that stay keep their codes, rows and links; those whose neighbours go choose again among what is left and the
/// neighbours of the neighbours that go. New nodes are linked as a build's second pass links: against a whole graph.
struct GraphExtender {
    let parameters: BuildParameters
    let view: SnapshotView
    let search: GraphSearch

    // Measured on texts, see docs/decisions/extending.md.

    /// Smaller graphs are built anew in a second or two, and lose more recall by being extended.
    static let nodesMin = 20_000
    /// Vectors that are added come in at least so many batches: those of one batch do not see each other.
    private static let batches = 400
    /// Vectors that the new graph is measured with, at most.
    private static let heldBackMax = 400
    /// Candidates for a free slot.
    private static let spares = 56

    /// - Parameter order: given the file's numbering at the end.
    func extend(
        _ extension: ExtensionOrder, _ order: inout NodeOrder, _ progress: (BuildProgress) -> Void
    ) throws(VectorIndexError) -> BuiltGraph {
        try `extension`.vectors.withUnsafeBufferPointer { vectors throws(VectorIndexError) in
            try extend(`extension`, vectors, &order, progress)
        }
    }

    private func extend(
        _ extension: ExtensionOrder, _ vectors: UnsafeBufferPointer<Float>, _ order: inout NodeOrder,
        _ progress: (BuildProgress) -> Void
    ) throws(VectorIndexError) -> BuiltGraph {
        let nodes = order.inputs.count
        let kept = `extension`.kept
        let workers = Workers(threads: parameters.threadsUsed)
        func report(_ phase: BuildProgress.Phase, _ done: Int, _ total: Int) {
            progress(BuildProgress(phase: phase, done: done, total: total))
        }
        report(.encoding, 0, nodes)
        let store = RowStore(
            adopting: view, search, kept: kept, newNumbers: `extension`.newNumbers, vectors: vectors, workers: workers)
        report(.encoding, nodes, nodes)
        let builder = LayerBuilder(store: store, efConstruction: parameters.efConstruction, workers: workers)
        report(.linking, 0, nodes)
        adopt(`extension`, builder, workers)
        // Nothing of the old file is read from here on but its curve.
        try view.file.checkWhole()
        let held = nodes - heldBack(of: nodes, new: nodes - kept.count)..<nodes
        builder.link(kept.count..<held.lowerBound, passes: 1, batches: Self.batches) { done, _ in
            report(.linking, kept.count + done, nodes)
        }
        let shared = GraphBuilder(parameters: parameters, metric: view.exact.metric, dimensions: view.dimensions)
        let measured = try shared.finish(
            builder, held, vectors, order, workers, spares: Self.spares, report)
        // Without new vectors there is nothing to measure with.
        let calibration = measured.isEmpty ? view.calibration.points : measured

        let locality = LocalityOrder(builder.graph, layerSizes: order.layerSizes, ranks: `extension`.ranks)
        store.renumber(locality, workers: workers)
        order.renumber(locality)
        let upper = try shared.upperLevels(order.layerSizes, store, workers)
        let selfTest = shared.selfTest(calibration, store, vectors, order, workers)
        report(.measuring, 2, 2)
        return BuiltGraph(
            store: store, upper: upper, order: LocalityOrder(keeping: nodes), calibration: calibration,
            selfTest: selfTest)
    }

    private func heldBack(of nodes: Int, new: Int) -> Int {
        let wanted = GraphMeasure.heldBack(of: nodes)
        // Fewer say too little about a recall.
        return new < min(wanted, 64) ? 0 : min(wanted, new, Self.heldBackMax)
    }

    private func adopt(_ extension: ExtensionOrder, _ builder: LayerBuilder, _ workers: Workers) {
        let degree = view.rowLayout.degree
        let newNumbers = `extension`.newNumbers
        workers.run(count: `extension`.kept.count, chunk: 64) { worker, range in
            let scratch = builder.scratches[worker]
            for node in range {
                let old = Int(`extension`.kept[node])
                let slots = view.neighbors(ofRow: old)
                var stay = 0
                for slot in 0..<degree where slots[slot] != UInt32(old) && slots[slot] < UInt32(view.nodes) {
                    let number = newNumbers[Int(slots[slot])]
                    guard number != .max else { continue }
                    scratch.ids[stay] = number
                    stay += 1
                }
                var heirs = 0
                for slot in 0..<degree where slots[slot] < UInt32(view.nodes) {
                    let gone = Int(slots[slot])
                    guard newNumbers[gone] == .max else { continue }
                    let theirs = view.neighbors(ofRow: gone)
                    for i in 0..<degree where theirs[i] < UInt32(view.nodes) && stay + heirs < scratch.candidatesMax {
                        let number = newNumbers[Int(theirs[i])]
                        guard number != .max, number != UInt32(node) else { continue }
                        scratch.ids[stay + heirs] = number
                        heirs += 1
                    }
                }
                builder.adopt(node, stay: stay, heirs: heirs, scratch)
            }
        }
    }
}
