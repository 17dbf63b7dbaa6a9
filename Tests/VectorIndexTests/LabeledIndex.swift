import VectorIndex

/// Ids with labels, and an index of them: what it should find is known without it.
struct LabeledIndex {
    let path: String
    let snapshot: Snapshot
    let vectors: [UInt64: [Float]]
    let labels: [UInt64: Set<Label>]
    let queries: [[Float]]

    /// - Parameter copies: ids that each vector has.
    init(count: Int, copies: Int = 1, metric: Metric = .cosine, exactScanMax: Int, seed: UInt64) throws {
        var source = ClusteredVectors(dimensions: 16, seed: seed)
        var random = SplitMix64(seed: seed)
        var builder = SnapshotBuilder(
            dimensions: 16, metric: metric, parameters: BuildParameters(exactScanMax: exactScanMax))
        var vectors: [UInt64: [Float]] = [:]
        var labels: [UInt64: Set<Label>] = [:]
        for _ in 0..<count {
            let vector = source.next()
            for _ in 0..<copies {
                let id = random.next()
                let own = Self.labels(&random)
                try builder.add(id: id, vector: vector, labels: own.shuffled(using: &random))
                vectors[id] = vector
                labels[id] = own
            }
        }
        path = try Fixture.path()
        try builder.write(to: path)
        snapshot = try Snapshot(path: path)
        self.vectors = vectors
        self.labels = labels
        queries = source.next(20)
    }

    private static func labels(_ random: inout SplitMix64) -> Set<Label> {
        var labels: Set<Label> = [Label("organisation", "\(random.next(below: 5))")]
        for team in 0..<3 where random.next(below: 3) == 0 { labels.insert(Label("team", "\(team)")) }
        switch random.next(below: 4) {
        case 0: labels.insert(Label("language", "de"))
        case 1: labels.insert(Label("language", ""))
        case 2: labels.insert(Label("languag", "ede"))
        default: if random.next(below: 2) == 0 { labels = [] }
        }
        return labels
    }

    /// The ids that meet a filter, told in the plain way.
    func matches(_ filter: SearchFilter) -> Set<UInt64> {
        Set(
            vectors.keys.filter { id in
                filter.conditions.allSatisfy { condition in
                    switch condition {
                    case .labeled(let wanted): !wanted.isDisjoint(with: labels[id] ?? [])
                    case .unlabeled(let unwanted): unwanted.isDisjoint(with: labels[id] ?? [])
                    case .ids(let ids): ids.contains(id)
                    case .otherIDs(let ids): !ids.contains(id)
                    }
                }
            })
    }
}
