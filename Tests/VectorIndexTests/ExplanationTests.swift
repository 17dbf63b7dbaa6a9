import Testing
import VectorIndex

@Suite("A search, explained")
struct ExplanationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var metric = Metric.cosine
        var dimensions = 48
        var degree = 32
        var count = 3_000
        var effort: SearchEffort?
        var k = 10

        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "cosine, the index's own target"),
        Case(name: "one neighbour", effort: .targetRecall(0.9), k: 1),
        Case(name: "more neighbours than the cap is for", effort: .targetRecall(0.95), k: 40),
        Case(
            name: "squared L2, 1-bit codes, two blocks", metric: .squaredL2, dimensions: 200, degree: 64, count: 1_500),
        Case(name: "inner product of uneven lengths", metric: .innerProduct, dimensions: 64),
        Case(name: "efSearch, whose list overflows", effort: .efSearch(400)),
        Case(name: "a wide slack", effort: .slack(0.6)),
        Case(name: "a slack below 0", effort: .slack(-0.03)),
        Case(name: "more rows than are recorded and may wait", dimensions: 16, count: 12_000, effort: .slack(3)),
    ]

    private func index(_ kind: Case) throws -> (snapshot: Snapshot, queries: [[Float]]) {
        var source = ClusteredVectors(dimensions: kind.dimensions, clusters: 30, seed: 301)
        var vectors = source.next(kind.count)
        if kind.metric == .innerProduct { vectors = Lengths.uneven(vectors, seed: 302) }
        let snapshot = try Fixture.snapshot(
            vectors, metric: kind.metric,
            parameters: BuildParameters(degree: kind.degree, efConstruction: 60, exactScanMax: 0))
        return (snapshot, source.next(25))
    }

    @Test("the replay expands the very nodes that the search does, in its order", arguments: cases)
    func faithful(kind: Case) throws {
        let (snapshot, queries) = try index(kind)
        var hops = 0
        for (i, query) in queries.enumerated() {
            let scratch = SearchScratch()
            let found = try snapshot.search(query, k: kind.k, effort: kind.effort, scratch: scratch)
            let explanation = try snapshot.explain(query, k: kind.k, effort: kind.effort)
            let walk = try #require(explanation.walk, "query \(i)")
            #expect(walk.isFaithful, "query \(i)")
            #expect(explanation.answer == found && explanation.statistics == scratch.statistics, "query \(i)")
            #expect(walk.hops.count == scratch.statistics.hops, "query \(i)")
            #expect(explanation.ranked.count == scratch.statistics.reranked, "query \(i)")
            let answered = explanation.ranked.flatMap { node in node.ids.map { Neighbor(id: $0, score: node.score) } }
            #expect(Set(answered).isSuperset(of: found), "query \(i)")
            hops += walk.hops.count
        }
        #expect(hops > 25 * 5)
    }

    @Test("hops, limits and the end hold together")
    func story() throws {
        let (snapshot, queries) = try index(Case(name: ""))
        for query in queries {
            let explanation = try snapshot.explain(query, k: 10)
            guard case .walk(let nearest, let slack, 8, .target(let target, let isIndexs, let curve)) = explanation.plan
            else {
                Issue.record("\(explanation.plan)")
                continue
            }
            #expect(nearest == 10 && target == 0.98 && isIndexs && curve.count == 1)
            let place = try #require(curve.first)
            #expect(place.reaching.recall >= 0.98 && place.reaching.slack >= slack)
            #expect(try #require(place.below).recall < 0.98 && #require(place.below).slack <= slack)
            let walk = try #require(explanation.walk)
            #expect(walk.entries.count == 16 && walk.entries.count(where: \.isStart) == 2)
            let nearestStart = try #require(walk.entries.min { $0.distance < $1.distance })
            #expect(nearestStart.isStart && walk.hops[0].node == nearestStart.node && walk.hops[0].from == nil)
            #expect(walk.hops[0].distance == nearestStart.distance && walk.hops[0].rank == 1)
            #expect(Set(walk.hops.map(\.node)).count == walk.hops.count)
            for (i, hop) in walk.hops.enumerated() {
                let before = walk.hops[..<i]
                // Whoever showed it was read before.
                #expect(hop.from == nil || before.contains { $0.node == hop.from }, "hop \(i)")
                let nearer = before.count {
                    $0.distance < hop.distance || ($0.distance == hop.distance && $0.node < hop.node)
                }
                #expect(hop.rank == (nearer < 10 ? nearer + 1 : nil), "hop \(i)")
                let sorted = (before.map(\.distance) + [hop.distance]).sorted()
                #expect(hop.limit == (sorted.count < 10 ? .infinity : sorted[9] + slack), "hop \(i)")
            }
            #expect(walk.limit == walk.hops.last?.limit)
            if let waiting = walk.nearestWaiting { #expect(waiting.estimate > walk.limit && walk.waiting > 0) }
            #expect(explanation.ranked.allSatisfy { ($0.distance ?? .infinity) <= walk.rerankLimit })
        }
    }

    @Test("what became of an id: its place, or why it is missing")
    func subject() throws {
        let (snapshot, queries) = try index(Case(name: ""))
        var outcomes: [String: Int] = [:]
        for query in queries.prefix(8) {
            let exact = try snapshot.exactSearch(query, k: 40)
            for effort in [SearchEffort.slack(-0.2), .slack(0.02)] {
                let found = try snapshot.search(query, k: 10, effort: effort)
                for (i, neighbor) in exact.enumerated() {
                    let explanation = try snapshot.explain(query, k: 10, effort: effort, subject: neighbor.id)
                    let subject = try #require(explanation.subject)
                    #expect(subject.rank == i + 1 && subject.score == neighbor.score)
                    let walk = try #require(explanation.walk)
                    let isExpanded = walk.hops.contains { $0.node == subject.node }
                    let place = found.firstIndex { $0.id == neighbor.id }
                    switch subject.outcome {
                    case .answered(let place1): #expect(place == place1 - 1 && isExpanded)
                    case .outranked: #expect(i >= 10 && place == nil)
                    case .neverSeen: #expect(subject.sightings.isEmpty && i < 10 && place == nil)
                    case .neverNear:
                        #expect(subject.sightings.allSatisfy { $0.fate == .tooFar && $0.estimate >= $0.needed })
                        #expect(!subject.sightings.isEmpty && i < 10 && place == nil)
                    case .leftWaiting: #expect(!isExpanded && i < 10 && place == nil)
                    case .notRanked: #expect(isExpanded && i < 10 && place == nil)
                    }
                    for sighting in subject.sightings where sighting.fate == .queued {
                        #expect(sighting.estimate < sighting.needed)
                    }
                    outcomes["\(subject.outcome)".prefix { $0.isLetter }.description, default: 0] += 1
                }
            }
        }
        // The narrow search misses some, and there is a reason for each.
        #expect(outcomes["answered"] ?? 0 > 80 && outcomes["outranked"] ?? 0 > 200, "\(outcomes)")
        #expect(["neverSeen", "neverNear", "leftWaiting"].contains { outcomes[$0] ?? 0 > 0 }, "\(outcomes)")
    }

    @Test("a scan says why it is one")
    func scans() throws {
        let (snapshot, queries) = try index(Case(name: "", count: 2_500))
        func plan(_ k: Int, _ effort: SearchEffort? = nil) throws -> SearchPlan {
            let explanation = try snapshot.explain(queries[0], k: k, effort: effort, subject: 3)
            let exact = try snapshot.exactSearch(queries[0], k: k)
            #expect(explanation.walk == nil && explanation.answer == exact)
            #expect(explanation.ranked.flatMap(\.ids).prefix(k) == explanation.answer.map(\.id)[...])
            #expect(explanation.subject?.rank ?? 0 > 0)
            return explanation.plan
        }
        #expect(try plan(313) == .scan(.largePart(nodes: 2_500)))
        #expect(try plan(10, .targetRecall(1)) == .scan(.targetOutOfReach(1)))
        let path = try Fixture.path()
        try Fixture.write([[1, 0], [0, 1], [1, 1]], to: path, parameters: BuildParameters(exactScanMax: 77))
        let small = try Snapshot(path: path).explain([1, 0.1], k: 2, subject: 3)
        #expect(small.plan == .scan(.noGraph(exactScanMax: 77)) && small.answer.map(\.id) == [0, 6])
        #expect(small.subject?.outcome == .outranked && small.subject?.rank == 3)
    }

    @Test("what cannot be asked is refused")
    func refused() throws {
        let (snapshot, queries) = try index(Case(name: "", count: 600))
        #expect(throws: VectorIndexError.self) { try snapshot.explain(queries[0], k: 0) }
        #expect(throws: VectorIndexError.self) { try snapshot.explain([1, 2], k: 1) }
        do {
            _ = try snapshot.explain(queries[0], k: 1, subject: 1)
            Issue.record("id 1 is not there")
        } catch {
            #expect(error.code == .notFound && error.message.contains("no id 1") && error.file != nil)
        }
    }
}
