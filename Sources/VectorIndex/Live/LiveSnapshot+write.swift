extension LiveSnapshot {
    /// Writes the next generation, which has all changes, and installs it at `path` as `SnapshotBuilder.write` does.
    ///
    /// Its parameters are those of the snapshot, and its source version is `version`.
    /// - Parameter threads: 0 means one per processor.
    @discardableResult
    public func write(
        to path: String, threads: Int = 0, progress: (BuildProgress) -> Void = { _ in }
    ) throws(VectorIndexError) -> SnapshotInfo {
        var parameters = BuildParameters(of: snapshot.info, threads: threads)
        parameters.sourceVersion = version
        var builder = SnapshotBuilder(
            dimensions: snapshot.info.dimensions, metric: snapshot.info.metric, parameters: parameters)
        builder.reserveCapacity(count)
        let labels = snapshot.labelsByID()
        for id in ids {
            guard let vector = vector(id: id) else { continue }
            let own = overlay.entries[id]?.labels ?? labels[id] ?? []
            builder.add(id: id, stored: vector, labels: own)
        }
        return try builder.write(to: path, progress: progress)
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
    func labelsByID() -> [UInt64: [Label]] {
        guard let labels = view.labels else { return [:] }
        var byID: [UInt64: [Label]] = [:]
        for i in 0..<labels.count {
            let label = labels.label(i)
            for position in labels.postings(i) where Int(position) < view.count {
                byID[view.ids[Int(position)], default: []].append(label)
            }
        }
        return byID
    }
}
