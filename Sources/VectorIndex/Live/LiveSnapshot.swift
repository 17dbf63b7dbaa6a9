/// A snapshot and what has changed since it was built: changed and new vectors, which are scanned exactly, and tombstones.
///
/// Immutable, so that a search sees one state from its beginning to its end; `applying` makes the next one.
public final class LiveSnapshot: Sendable {
    public let snapshot: Snapshot
    let overlay: Overlay
    /// The snapshot's ids that still stand; nil when all do.
    private let standing: Selection?
    /// How far the source had come: the snapshot's own version, or that of the last changes.
    public let version: UInt64

    /// How many changes there may be at once: beyond, searches would scan too much.
    public static let changesMax = 1 << 17

    public convenience init(_ snapshot: Snapshot) throws(VectorIndexError) {
        try self.init(snapshot, Overlay(), version: snapshot.info.sourceVersion)
    }

    private init(_ snapshot: Snapshot, _ overlay: Overlay, version: UInt64) throws(VectorIndexError) {
        self.snapshot = snapshot
        self.overlay = overlay
        self.version = version
        standing = overlay.entries.isEmpty ? nil : try snapshot.selection(without: overlay.entries.keys)
    }

    /// Ids that it answers with.
    public var count: Int { (standing?.count ?? snapshot.info.count) + overlay.ids.count }

    /// Changes that the snapshot does not have: tombstones are among them.
    public var pendingChanges: Int { overlay.entries.count }

    /// All ids, ascending.
    public var ids: [UInt64] {
        (snapshot.ids.filter { overlay.entries[$0] == nil } + overlay.ids).sorted()
    }

    /// The vector of an id, as it is stored: of unit length under cosine.
    public func vector(id: UInt64) -> [Float]? {
        if let entry = overlay.entries[id] { return entry.vector }
        return snapshot.vector(id: id)
    }

    // MARK: Changes

    /// The same with further changes; of two for one id the last counts.
    ///
    /// - Parameter version: how far the source has come with them: not less than `version`.
    /// - Complexity: O(changes so far), and O(count / 64).
    public func applying(
        _ changes: [IndexChange], version: UInt64
    ) throws(VectorIndexError) -> LiveSnapshot {
        guard version >= self.version else {
            throw VectorIndexError(
                .invalidParameter, "changes of version \(version) came after version \(self.version)",
                remedy: "Apply changes in their order.")
        }
        var entries = overlay.entries
        for change in changes {
            switch change {
            case .remove(let id): entries[id] = Overlay.Entry(vector: nil, labels: [], version: version)
            case .set(let id, let vector, let labels):
                for label in labels { try label.check() }
                entries[id] = Overlay.Entry(
                    vector: try snapshot.prepared(vector), labels: Array(Set(labels)), version: version)
            }
        }
        guard entries.count <= Self.changesMax else {
            throw VectorIndexError(
                .tooLarge, "\(entries.count) changes wait for the next generation",
                remedy: "Write the next generation before there are more than \(Self.changesMax).")
        }
        return try LiveSnapshot(snapshot, Overlay(entries), version: version)
    }

    /// What has changed since the next generation, on top of it.
    ///
    /// - Parameter next: built from a source that had come at least as far as this one's snapshot.
    public func rebased(on next: Snapshot) throws(VectorIndexError) -> LiveSnapshot {
        guard next.info.dimensions == snapshot.info.dimensions, next.info.metric == snapshot.info.metric,
            next.info.modelFingerprint == snapshot.info.modelFingerprint
        else {
            throw VectorIndexError(
                .fingerprintMismatch, "the next generation is of another model, metric or dimensions",
                remedy: "Start anew with `LiveSnapshot(_:)`.")
        }
        let known = next.info.sourceVersion
        guard known >= snapshot.info.sourceVersion else {
            throw VectorIndexError(
                .invalidParameter,
                "the next generation is of version \(known) and this one's snapshot of \(snapshot.info.sourceVersion)",
                remedy: "Start anew with `LiveIndex.replace(_:)` and apply what has changed since.")
        }
        return try LiveSnapshot(
            next, Overlay(overlay.entries.filter { $0.value.version > known }), version: max(version, known))
    }

    // MARK: Searches

    /// The k nearest vectors, best first; fewer only when fewer ids meet the filter.
    public func search(
        _ query: [Float], k: Int, where filter: SearchFilter? = nil, effort: SearchEffort? = nil,
        scratch: SearchScratch? = nil
    ) throws(VectorIndexError) -> [Neighbor] {
        let found: [Neighbor]
        if let selection = try selection(filter) {
            found = try snapshot.search(query, k: k, within: selection, effort: effort, scratch: scratch)
        } else {
            found = try snapshot.search(query, k: k, effort: effort, scratch: scratch)
        }
        return try merged(found, query, k: k, filter)
    }

    /// The true k nearest of each query, best first, by comparing all.
    public func exactSearch(
        _ queries: [[Float]], k: Int, where filter: SearchFilter? = nil
    ) throws(VectorIndexError) -> [[Neighbor]] {
        let selection = try selection(filter)
        guard let selection else {
            let found = try snapshot.exactSearch(queries, k: k)
            var merged: [[Neighbor]] = []
            for (query, nearest) in zip(queries, found) { merged.append(try self.merged(nearest, query, k: k, filter)) }
            return merged
        }
        var found: [[Neighbor]] = []
        for query in queries {
            let nearest = try snapshot.search(query, k: k, within: selection, effort: .targetRecall(1))
            found.append(try merged(nearest, query, k: k, filter))
        }
        return found
    }

    /// What stands of the snapshot and meets the filter; nil for all.
    private func selection(_ filter: SearchFilter?) throws(VectorIndexError) -> Selection? {
        guard let filter else { return standing }
        let admitted = try snapshot.selection(filter)
        return standing.map { admitted.intersection($0, in: snapshot) } ?? admitted
    }

    private func merged(
        _ found: [Neighbor], _ query: [Float], k: Int, _ filter: SearchFilter?
    ) throws(VectorIndexError) -> [Neighbor] {
        guard !overlay.ids.isEmpty else { return found }
        let own = try snapshot.prepared(query)
        let fresh = own.withUnsafeBufferPointer {
            overlay.nearest(
                to: $0.baseAddress!, k: k, metric: snapshot.info.metric, dimensions: snapshot.info.dimensions,
                where: filter)
        }
        return Array((found + fresh).sorted(by: Neighbor.isBetter).prefix(k))
    }
}

extension Snapshot {
    /// A vector or query as the index stores it: checked, and of unit length under cosine.
    func prepared(_ vector: [Float]) throws(VectorIndexError) -> [Float] {
        var prepared = [Float](repeating: 0, count: max(view.dimensions, 1))
        try prepared.withUnsafeMutableBufferPointer { copy throws(VectorIndexError) in
            try loadQuery(vector, into: copy.baseAddress!)
        }
        return prepared
    }
}
