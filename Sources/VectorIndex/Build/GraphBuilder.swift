/// From vectors to a finished graph: codes, levels, links, slots, what was measured, and the numbering of the file.
struct GraphBuilder {
    let parameters: BuildParameters
    let metric: Metric
    let dimensions: Int

    /// - Parameter order: which vector is which node's; given the file's numbering at the end.
    func build(
        _ vectors: [Float], _ order: inout NodeOrder, _ progress: (BuildProgress) -> Void
    ) throws(VectorIndexError) -> BuiltGraph {
        try vectors.withUnsafeBufferPointer { vectors throws(VectorIndexError) in
            try build(vectors, &order, progress)
        }
    }

    private func build(
        _ vectors: UnsafeBufferPointer<Float>, _ order: inout NodeOrder, _ progress: (BuildProgress) -> Void
    ) throws(VectorIndexError) -> BuiltGraph {
        let nodes = order.inputs.count
        let workers = Workers(threads: parameters.threadsUsed)
        func report(_ phase: BuildProgress.Phase, _ done: Int, _ total: Int) {
            progress(BuildProgress(phase: phase, done: done, total: total))
        }
        report(.encoding, 0, nodes)
        let encoding = Encoding.fitting(
            vectors, order: order, dimensions: dimensions, metric: metric, seed: parameters.seed, workers: workers)
        let store = RowStore(
            vectors: vectors, order: order, metric: metric, encoding: encoding, degree: parameters.degree,
            planes: parameters.neighborBits ?? (encoding.codeBytes <= CodeKind.twoBitCodeBytesMax ? 2 : 1),
            workers: workers)
        report(.encoding, nodes, nodes)
        let upper = try upperLevels(order.layerSizes, store, workers)
        // All but the last few; the graph is measured with those before it gets them, too.
        let builder = LayerBuilder(store: store, efConstruction: parameters.efConstruction, workers: workers)
        let held = nodes - GraphMeasure.heldBack(of: nodes)..<nodes
        builder.link(0..<held.lowerBound, passes: 2) { report(.linking, $0, $1) }
        let calibration = try finish(builder, held, vectors, order, workers, report)

        let locality = LocalityOrder(builder.graph, layerSizes: order.layerSizes)
        store.renumber(locality, workers: workers)
        order.renumber(locality)
        let selfTest = selfTest(calibration, store, vectors, order, workers)
        report(.measuring, 2, 2)
        return BuiltGraph(
            store: store, upper: upper, order: locality, calibration: calibration, selfTest: selfTest)
    }

    // MARK: Parts that building and extending share

    /// Builds the levels above, each of the first so many nodes of the store.
    func upperLevels(
        _ sizes: [Int], _ store: RowStore, _ workers: Workers
    ) throws(VectorIndexError) -> [LayerGraph] {
        var upper: [LayerGraph] = []
        for size in sizes {
            let builder = LayerBuilder(
                store: RowStore(first: size, of: store), degree: parameters.upperDegree,
                efConstruction: parameters.upperEfConstruction, workers: workers)
            builder.link(0..<size, passes: 1) { _, _ in }
            try repair(builder)
            upper.append(builder.graph)
        }
        return upper
    }

    /// Measures the graph with the nodes that were held back, links those, too, and sees to it that all can be reached.
    func finish(
        _ builder: LayerBuilder, _ held: Range<Int>, _ vectors: UnsafeBufferPointer<Float>, _ order: NodeOrder,
        _ workers: Workers, spares: Int = LayerBuilder.sparesPerNode,
        _ report: (BuildProgress.Phase, Int, Int) -> Void
    ) throws(VectorIndexError) -> [CalibrationPoint] {
        let nodes = order.inputs.count
        report(.filling, 0, nodes)
        builder.fillSlots(nodes: held.lowerBound, spares: spares)
        report(.filling, nodes, nodes)
        report(.measuring, 0, 2)
        let calibration = measure(builder.store, held.lowerBound, vectors, order, workers) {
            $0.calibrate(held: held)
        }
        report(.measuring, 1, 2)
        builder.link(held, passes: 1) { _, _ in }
        try repair(builder)
        builder.fillSlots(nodes: nodes, spares: spares)
        return calibration
    }

    /// SELF's numbers, for the finished store.
    func selfTest(
        _ calibration: [CalibrationPoint], _ store: RowStore, _ vectors: UnsafeBufferPointer<Float>, _ order: NodeOrder,
        _ workers: Workers
    ) -> [UInt32] {
        let curve = Calibration(points: calibration)
        let slack =
            curve.slack(for: parameters.targetRecall, k: GraphMeasure.selfTestNeighbors)
            ?? curve.slack(for: 0.9, k: GraphMeasure.selfTestNeighbors) ?? 0.1
        return measure(store, store.nodes, vectors, order, workers) { $0.selfTest(slack: slack) }
    }

    private func repair(_ builder: LayerBuilder) throws(VectorIndexError) {
        guard builder.repair() else {
            throw VectorIndexError(
                .invalidParameter, "\(builder.graph.degree) links a node do not reach every vector",
                remedy: "Build with a larger degree, or with another seed.")
        }
    }

    /// Calls `body` with the graph of the first nodes as searches see it.
    private func measure<Result>(
        _ store: RowStore, _ nodes: Int, _ vectors: UnsafeBufferPointer<Float>, _ order: NodeOrder, _ workers: Workers,
        _ body: (GraphMeasure) -> Result
    ) -> Result {
        let walk = GraphWalk(rows: store.rows.base, nodes: nodes, layout: store.layout, unit: store.encoding.unit)
        let exact = ExactVectors(
            base: vectors.baseAddress!, count: vectors.count / dimensions, dimensions: dimensions, metric: metric)
        let entries = EntryPoints(walk, count: min(nodes, EntryPoints.countMax))
        return order.inputs.map(UInt32.init).withUnsafeBufferPointer { inputs in
            body(
                GraphMeasure(
                    search: GraphSearch(
                        walk: walk, entries: entries, encoding: store.encoding, vectors: exact,
                        vectorOfNode: inputs.baseAddress!),
                    vectors: exact, inputs: order.inputs, workers: workers))
        }
    }
}

/// A finished graph, ready to be written.
struct BuiltGraph {
    /// Level 0 in the file's numbering.
    let store: RowStore
    /// Levels 1, 2, ... in the numbering before `order`.
    let upper: [LayerGraph]
    let order: LocalityOrder
    let calibration: [CalibrationPoint]
    /// SELF's numbers.
    let selfTest: [UInt32]
}
