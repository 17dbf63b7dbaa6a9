extension LiveSnapshot {
    /// How the next generation comes about.
    public enum Generation: Sendable {
        /// The graph is extended, unless it is so small or so much has changed that a new one is better at little cost.
        case automatic
        /// The graph is extended wherever there is one and more stays than is new.
        case extended
        /// Everything is built anew, as `SnapshotBuilder` would.
        case rebuilt
    }

    /// Writes the next generation, which has all changes, and installs it at `path` as `SnapshotBuilder.write` does.
    ///
    /// Its parameters are those of the snapshot, and its source version is `version`. An extended graph is not, byte for byte,
    /// the one that a build of the same vectors gives; `SnapshotInfo.growth` tells how far it has come from one.
    /// - Parameter threads: 0 means one per processor. Does not change the outcome.
    @discardableResult
    public func write(
        to path: String, _ generation: Generation = .automatic, threads: Int = 0,
        progress: (BuildProgress) -> Void = { _ in }
    ) throws(VectorIndexError) -> SnapshotInfo {
        var parameters = BuildParameters(of: snapshot.info, threads: threads)
        parameters.sourceVersion = version
        var builder = SnapshotBuilder(
            dimensions: snapshot.info.dimensions, metric: snapshot.info.metric, parameters: parameters)
        var labels = try snapshot.labelsByID()
        for (id, entry) in overlay.entries { labels[id] = entry.labels.isEmpty ? nil : entry.labels }
        if let graph = snapshot.view.graph, generation != .rebuilt {
            let order = ExtensionOrder(snapshot.view, overlay, seed: parameters.seed)
            try snapshot.view.file.checkWhole()
            let nodesMin = max(parameters.exactScanMax, generation == .automatic ? GraphExtender.nodesMin : 1)
            if order.isWorthwhile(nodesMin: nodesMin) {
                builder.labels = labels
                return try extend(graph, order, builder, path, progress)
            }
        }
        builder.reserveCapacity(count)
        for id in try ids {
            guard let vector = try vector(id: id) else { continue }
            builder.add(id: id, stored: vector, labels: labels[id] ?? [])
        }
        try snapshot.view.file.checkWhole()
        return try builder.write(to: path, progress: progress)
    }

    private func extend(
        _ graph: GraphSearch, _ extension: ExtensionOrder, _ builder: SnapshotBuilder, _ path: String,
        _ progress: (BuildProgress) -> Void
    ) throws(VectorIndexError) -> SnapshotInfo {
        let view = snapshot.view
        var order = `extension`.order
        let built = try GraphExtender(parameters: builder.parameters, view: view, search: graph)
            .extend(`extension`, &order, progress)
        // What was read of the old file must have been there before it goes into the new one.
        try view.file.checkWhole()
        let growth = (view.growth ?? Growth()).extended(
            added: order.inputs.count - `extension`.kept.count, removed: view.nodes - `extension`.kept.count)
        return try builder.install(`extension`.vectors, order, built, growth: growth, at: path, progress)
    }
}

extension BuildParameters {
    /// What a snapshot was built with.
    public init(of info: SnapshotInfo, threads: Int = 0) {
        self.init(
            efConstruction: info.efConstruction, targetRecall: info.targetRecall, exactScanMax: info.exactScanMax,
            seed: info.seed, threads: threads, modelFingerprint: info.modelFingerprint,
            sourceVersion: info.sourceVersion)
        // An index without rows does not say how they would be coded.
        guard info.hasGraph else { return }
        degree = info.degree
        upperDegree = info.upperDegree
        neighborBits = info.neighborBits
    }
}

extension Snapshot {
    /// The labels of all ids that have some.
    package func labelsByID() throws(VectorIndexError) -> [UInt64: [Label]] {
        guard let labels = view.labels else { return [:] }
        var byID: [UInt64: [Label]] = [:]
        for i in 0..<labels.count {
            let label = labels.label(i)
            for position in labels.postings(i) where Int(position) < view.count {
                byID[view.ids[Int(position)], default: []].append(label)
            }
        }
        try view.file.checkWhole()
        return byID
    }
}
