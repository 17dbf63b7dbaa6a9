import Testing
import VectorIndex

@Suite("Filtered searches find what they should")
struct FilterRecallTests {
    /// In thousandths of the index.
    private static let shares = [500, 100, 50, 10, 1]

    @Test(
        "recall@10 is 0.95 at a target of 0.95, however many match and wherever they lie",
        arguments: Metric.allCases, FilteredIndex.Kind.allCases)
    func recall(metric: Metric, kind: FilteredIndex.Kind) throws {
        let index = try FilteredIndex.of(metric)
        let scratch = SearchScratch()
        for share in Self.shares {
            let matches = FilteredIndex.count * share / 1_000
            var shares: [Double] = []
            var hops = 0
            for group in index.groups {
                let (selection, ids) = try index.filter(kind, group, matches: matches)
                for query in group.queries {
                    let found = try index.snapshot.search(
                        query, k: 10, within: selection, effort: .targetRecall(0.95), scratch: scratch)
                    hops += scratch.statistics.hops
                    #expect(found.count == 10 && found.allSatisfy { ids.contains($0.id) })
                    #expect(zip(found, found.dropFirst()).allSatisfy { Neighbor.isBetter($0, $1) })
                    // That this is the truth is another test's.
                    let truth = try index.snapshot.search(query, k: 10, within: selection, effort: .targetRecall(1))
                    // The same ids with the same scores.
                    shares.append(Double(Set(found).intersection(truth).count) / 10)
                }
            }
            let recall = shares.reduce(0, +) / Double(shares.count)
            let name = "\(metric.name), \(kind.rawValue), \(Double(share) / 10) % of \(FilteredIndex.count)"
            print("filtered recall@10: \(name): \(recall), \(hops / shares.count) hops")
            #expect(recall >= 0.95, "\(name)")
        }
    }

    @Test("a target of 1 finds what comparing every match finds", arguments: Metric.allCases)
    func exact(metric: Metric) throws {
        let index = try FilteredIndex.of(metric)
        let scratch = SearchScratch()
        for group in index.groups {
            let query = group.queries[24]
            let order = try index.snapshot.exactSearch(query, k: FilteredIndex.count)
            for kind in FilteredIndex.Kind.allCases {
                for matches in [12_000, 1_200, 24] {
                    let (selection, ids) = try index.filter(kind, group, matches: matches)
                    let found = try index.snapshot.search(
                        query, k: 10, within: selection, effort: .targetRecall(1), scratch: scratch)
                    #expect(found == Array(order.lazy.filter { ids.contains($0.id) }.prefix(10)))
                    #expect(scratch.statistics.hops == 0 && scratch.statistics.reranked == 0)
                }
            }
        }
    }

    @Test("many matches are walked to, few are scanned, by vectors or by codes")
    func plans() throws {
        let index = try FilteredIndex.of(.cosine)
        let scratch = SearchScratch()
        for group in index.groups {
            for (matches, isWalk) in [(12_000, true), (2_400, true), (1_200, false), (240, false), (24, false)] {
                let selection = try index.filter(.random, group, matches: matches).selection
                _ = try index.snapshot.search(
                    group.queries[0], k: 10, within: selection, effort: .targetRecall(0.95), scratch: scratch)
                #expect((scratch.statistics.hops > 0) == isWalk, "\(matches) matches")
                guard !isWalk else {
                    // No walk of a random filter goes so far that its matches are scanned after all.
                    #expect(!wasGivenUp(scratch, matches: matches), "\(matches) matches")
                    continue
                }
                #expect(scratch.statistics.distances == matches)
                // What the codes leave to be ranked is a small part.
                #expect((scratch.statistics.reranked > 0) == (matches == 1_200))
                #expect(scratch.statistics.reranked < matches / 4)
            }
        }
    }

    @Test("a walk that is given up answers in full, from a scan", arguments: Metric.allCases)
    func givenUp(metric: Metric) throws {
        let index = try FilteredIndex.of(metric)
        let scratch = SearchScratch()
        var givenUp = 0
        for group in index.groups {
            let selection = try index.filter(.far, group, matches: 2_400).selection
            let truth = try index.snapshot.search(
                group.queries[0], k: 10, within: selection, effort: .targetRecall(1))
            // A list that the matches cannot fill would go through the whole graph.
            for effort in [SearchEffort.targetRecall(0.95), .efSearch(2_400), .efSearch(1 << 20)] {
                let found = try index.snapshot.search(
                    group.queries[0], k: 10, within: selection, effort: effort, scratch: scratch)
                #expect(found.count == 10 && scratch.statistics.hops > 0)
                guard wasGivenUp(scratch, matches: selection.count) else { continue }
                givenUp += 1
                #expect(found == truth)
            }
        }
        #expect(givenUp > 0)
        print("walks given up under \(metric.name): \(givenUp) of \(3 * index.groups.count)")
    }

    /// Whether the matches were scanned after a walk: a hop compares its row and the row's neighbours.
    private func wasGivenUp(_ scratch: SearchScratch, matches: Int) -> Bool {
        scratch.statistics.distances - scratch.statistics.hops * (FilteredIndex.degree + 1) >= matches
    }

    @Test("never fewer than k, or than there are matches", arguments: Metric.allCases)
    func neverFewer(metric: Metric) throws {
        let index = try FilteredIndex.of(metric)
        for group in index.groups.prefix(6) {
            for kind in FilteredIndex.Kind.allCases {
                for matches in [1, 9, 400, 401, 2_400, 21_600, 23_999] {
                    let (selection, ids) = try index.filter(kind, group, matches: matches)
                    for k in [1, 10, 300, 2_500] {
                        for effort in [nil, SearchEffort.slack(-1), .efSearch(1)] {
                            let found = try index.snapshot.search(
                                group.queries[0], k: k, within: selection, effort: effort)
                            #expect(found.count == min(k, matches), "\(kind), \(matches) matches, k \(k)")
                            #expect(ids.isSuperset(of: found.map(\.id)) && Set(found.map(\.id)).count == found.count)
                        }
                    }
                }
            }
        }
    }

    /// Codes are cut off at lengths that few vectors have: among those the codes know no order.
    @Test("vectors that no code can tell apart are told apart by a target of 1, in a filter as well")
    func outliers() throws {
        var source = ClusteredVectors(dimensions: 32, seed: 202)
        var vectors = source.next(6_000)
        for i in 0..<20 { vectors[100 * i] = vectors[100 * i].map { 1_000 * $0 } }
        let snapshot = try Fixture.snapshot(vectors, metric: .squaredL2)
        // One in two, too many to be compared directly; the outliers are among them.
        let selection = try snapshot.selection(
            bitmap: FilteredIndex.bitmap(Array(stride(from: 0, to: 6_000, by: 2)), count: 6_000))
        for i in 0..<20 {
            let query = vectors[100 * i].map { $0 * 0.99 }
            let truth = try snapshot.exactSearch(query, k: 6_000).filter { $0.id % 2 == 0 }
            let found = try snapshot.search(query, k: 10, within: selection, effort: .targetRecall(1))
            #expect(found == Array(truth.prefix(10)))
            #expect(found.first?.id == UInt64(300 * i))
        }
    }

    @Test("searches on several threads that share a selection find what one finds")
    func severalThreads() async throws {
        let index = try FilteredIndex.of(.squaredL2)
        let queries = index.groups.flatMap { $0.queries.prefix(3) }
        let half = try index.filter(.random, index.groups[0], matches: 12_000).selection
        let few = try index.filter(.random, index.groups[1], matches: 1_200).selection
        let search = { @Sendable (query: [Float], scratch: SearchScratch?) throws -> [[Neighbor]] in
            try [half, few].map { try index.snapshot.search(query, k: 10, within: $0, scratch: scratch) }
        }
        let expected = try queries.map { try search($0, nil) }
        try await withThrowingTaskGroup(of: [[[Neighbor]]].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    // Half of them bring their own memory, half take it from the pool.
                    let scratch = worker % 2 == 0 ? SearchScratch() : nil
                    return try queries.map { try search($0, scratch) }
                }
            }
            for try await found in group { #expect(found == expected) }
        }
    }

    @Test("a selection of all, or of nearly all, finds and costs about what a search without one does")
    func nearlyAll() throws {
        let index = try FilteredIndex.of(.cosine)
        let scratch = SearchScratch()
        var hops = [0, 0, 0]
        var hits = [0, 0, 0]
        for group in index.groups {
            let selections = try [FilteredIndex.count, 23_000].map {
                try index.filter(.random, group, matches: $0).selection
            }
            for query in group.queries {
                for (i, selection) in [nil, selections[0], selections[1]].enumerated() {
                    func search(_ effort: SearchEffort) throws -> [Neighbor] {
                        guard let selection else {
                            return try index.snapshot.search(query, k: 10, effort: effort, scratch: scratch)
                        }
                        return try index.snapshot.search(
                            query, k: 10, within: selection, effort: effort, scratch: scratch)
                    }
                    let found = try search(.targetRecall(0.95))
                    hops[i] += scratch.statistics.hops
                    hits[i] += Set(found).intersection(try search(.targetRecall(1))).count
                }
            }
        }
        for i in 1...2 {
            #expect(Double(hits[i]) >= 0.99 * Double(hits[0]), "\(hits)")
            #expect(hops[i] > 0 && Double(hops[i]) < 1.5 * Double(hops[0]), "\(hops)")
        }
    }
}
