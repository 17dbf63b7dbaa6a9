import Testing
import VectorIndex

/// What a live index should hold, kept in the plain way, and random changes to it. Seeded.
struct LiveModel {
    struct Entry {
        var vector: [Float]
        var labels: Set<Label>
    }

    let metric: Metric
    private(set) var entries: [UInt64: Entry] = [:]
    private var source: ClusteredVectors
    private var random: SplitMix64
    /// Ids that were there once.
    private var gone: [UInt64] = []

    static let dimensions = 12

    init(metric: Metric, count: Int, seed: UInt64) {
        self.metric = metric
        source = ClusteredVectors(dimensions: Self.dimensions, seed: seed)
        random = SplitMix64(seed: seed)
        for _ in 0..<count { entries[random.next() >> 20] = entry() }
    }

    private mutating func entry() -> Entry {
        // A few vectors are those of other ids.
        let vector = random.next(below: 20) == 0 ? entries.keys.min().flatMap { entries[$0]?.vector } : nil
        var labels: Set<Label> = []
        for value in 0..<3 where random.next(below: 2) == 0 { labels.insert(Label("team", "\(value)")) }
        return Entry(vector: vector ?? source.next(), labels: labels)
    }

    mutating func queries(_ count: Int) -> [[Float]] { source.next(count) }

    /// The index that the model starts with.
    func write(to path: String, exactScanMax: Int, version: UInt64) throws {
        var builder = SnapshotBuilder(
            dimensions: Self.dimensions, metric: metric,
            parameters: BuildParameters(exactScanMax: exactScanMax, modelFingerprint: "live", sourceVersion: version))
        for (id, entry) in entries {
            try builder.add(id: id, vector: entry.vector, labels: Array(entry.labels))
        }
        try builder.write(to: path)
    }

    /// Makes random changes, and returns them in their order; some are of one id.
    mutating func change(_ count: Int) -> [IndexChange] {
        (0..<count).map { _ in
            let known = entries.keys.sorted()
            let some = known.isEmpty ? 1 : known[random.next(below: known.count)]
            switch random.next(below: 6) {
            case 0, 1: return set(random.next() >> 20)
            case 2: return set(some)
            case 3: return set(gone.last ?? some)
            case 4: return remove(some)
            default: return remove(random.next() >> 20)
            }
        }
    }

    mutating func removeAll() -> [IndexChange] { entries.keys.sorted().map { remove($0) } }

    private mutating func set(_ id: UInt64) -> IndexChange {
        let entry = entry()
        entries[id] = entry
        gone.removeAll { $0 == id }
        return .set(id: id, vector: entry.vector, labels: Array(entry.labels))
    }

    private mutating func remove(_ id: UInt64) -> IndexChange {
        if entries.removeValue(forKey: id) != nil { gone.append(id) }
        return .remove(id: id)
    }

    /// Compares all that a live snapshot says with what it should.
    func check(_ live: LiveSnapshot, _ queries: [[Float]], sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(live.count == entries.count, sourceLocation: sourceLocation)
        #expect(try live.ids == entries.keys.sorted(), sourceLocation: sourceLocation)
        for (id, entry) in entries {
            let stored = try #require(try live.vector(id: id), sourceLocation: sourceLocation)
            let expected = metric == .cosine ? Lengths.even([entry.vector])[0] : entry.vector
            #expect(zip(stored, expected).allSatisfy { abs($0 - $1) <= 1e-6 }, sourceLocation: sourceLocation)
        }
        for id in gone { #expect(try live.vector(id: id) == nil, sourceLocation: sourceLocation) }
        let (two, one) = ([Label("team", "0"), Label("team", "1")] as Set, [Label("team", "2")] as Set)
        let some = Set(entries.keys.sorted().prefix(entries.count / 2))
        let cases: [(filter: SearchFilter?, admits: (UInt64, Entry) -> Bool)] = [
            (nil, { _, _ in true }),
            (.field("team", "0", "1"), { !$1.labels.isDisjoint(with: two) }),
            (SearchFilter(.unlabeled(one)), { $1.labels.isDisjoint(with: one) }),
            (SearchFilter(.ids(some), .labeled(one)), { some.contains($0) && !$1.labels.isDisjoint(with: one) }),
            (SearchFilter(.otherIDs(some)), { id, _ in !some.contains(id) }),
            (.field("team", "none"), { _, _ in false }),
        ]
        for (filter, admits) in cases {
            let admitted = entries.filter { admits($0.key, $0.value) }
            for k in [1, 10, entries.count + 5] {
                let together = try live.exactSearch(queries, k: k, where: filter)
                for (query, found) in zip(queries, together) {
                    check(found, query, k: k, admitted, sourceLocation)
                    let alone = try live.search(query, k: k, where: filter, effort: .targetRecall(1))
                    #expect(alone == found, sourceLocation: sourceLocation)
                    let walked = try live.search(query, k: k, where: filter, effort: .efSearch(100))
                    #expect(walked.count == found.count, sourceLocation: sourceLocation)
                    #expect(
                        Set(walked.map(\.id)).isSubset(of: Set(admitted.keys)), sourceLocation: sourceLocation)
                    #expect(
                        Fixture.recall([walked + [Self.mark]], [found + [Self.mark]]) >= 0.6,
                        sourceLocation: sourceLocation)
                }
            }
        }
    }

    /// So that no answer is empty.
    private static let mark = Neighbor(id: .max, score: 0)

    /// An exact answer against scores in double precision: where two differ by less than rounding, either may be first.
    private func check(
        _ found: [Neighbor], _ query: [Float], k: Int, _ admitted: [UInt64: Entry], _ sourceLocation: SourceLocation
    ) {
        let scores = admitted.mapValues { Fixture.score(query, $0.vector, metric) }
        let expected = scores.values.sorted(by: >).prefix(k)
        #expect(found.count == expected.count, sourceLocation: sourceLocation)
        #expect(Set(found.map(\.id)).count == found.count, sourceLocation: sourceLocation)
        for (neighbor, score) in zip(found, expected) {
            let rounding = 1e-5 * max(1, abs(score))
            #expect(abs(Double(neighbor.score) - score) <= rounding, sourceLocation: sourceLocation)
            #expect(
                scores[neighbor.id].map { abs($0 - score) <= rounding } == true, sourceLocation: sourceLocation)
        }
        #expect(zip(found, found.dropFirst()).allSatisfy { Neighbor.isBetter($0, $1) }, sourceLocation: sourceLocation)
    }
}
