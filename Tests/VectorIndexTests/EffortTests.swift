import Testing
import VectorIndex

@Suite("What a search may cost")
struct EffortTests {
    private struct Outcome {
        var recall: Double
        var hops: Int
    }

    private func run(
        _ snapshot: Snapshot, _ queries: [[Float]], k: Int, _ effort: SearchEffort?, _ truth: [[Neighbor]]
    ) throws -> Outcome {
        let scratch = SearchScratch()
        var hops = 0
        let found = try queries.map { query in
            let found = try snapshot.search(query, k: k, effort: effort, scratch: scratch)
            let statistics = scratch.statistics
            // A row has 32 slots and its own code; the entry is the best of 16.
            #expect(statistics.distances >= 33 * statistics.hops && statistics.distances <= 33 * statistics.hops + 16)
            #expect(statistics.reranked >= k && statistics.reranked <= statistics.hops)
            hops += statistics.hops
            return found
        }
        return Outcome(recall: Fixture.recall(found, truth), hops: hops)
    }

    @Test("a wider efSearch finds more and costs more, up to all", arguments: Metric.allCases, [10, 40])
    func efSearch(metric: Metric, k: Int) throws {
        var source = ClusteredVectors(dimensions: 60, clusters: 10, seed: 121)
        let snapshot = try Fixture.snapshot(source.next(2_000), metric: metric)
        let queries = source.next(100)
        let truth = try snapshot.exactSearch(queries, k: k)
        var before = Outcome(recall: 0, hops: 0)
        for ef in [10, 20, 40, 80, 160, 320, 640] {
            let outcome = try run(snapshot, queries, k: k, .efSearch(ef), truth)
            // Below k it is k.
            if ef > k { #expect(outcome.hops > before.hops, "efSearch \(ef)") }
            #expect(outcome.hops >= max(ef, k) * queries.count)
            #expect(outcome.recall >= before.recall - 0.002, "efSearch \(ef)")
            before = outcome
        }
        #expect(before.recall >= 0.999)
        // As wide as the index it meets every node.
        let all = try run(snapshot, Array(queries.prefix(10)), k: k, .efSearch(2_000), Array(truth.prefix(10)))
        #expect(all.recall == 1 && all.hops == 10 * 2_000)
        #expect(
            try snapshot.search(queries[0], k: k, effort: .efSearch(1 << 20))
                == snapshot.search(queries[0], k: k, effort: .efSearch(2_000)))
    }

    @Test("a larger slack finds more and costs more", arguments: Metric.allCases, [1, 10, 40])
    func slack(metric: Metric, k: Int) throws {
        var source = ClusteredVectors(dimensions: 60, clusters: 10, seed: 122)
        let snapshot = try Fixture.snapshot(source.next(2_000), metric: metric)
        let queries = source.next(100)
        let truth = try snapshot.exactSearch(queries, k: k)
        var before = Outcome(recall: 0, hops: 0)
        for slack: Float in [-1, -0.02, 0, 0.01, 0.03, 0.1, 0.3, .greatestFiniteMagnitude] {
            let outcome = try run(snapshot, queries, k: k, .slack(slack), truth)
            #expect(outcome.hops >= before.hops, "slack \(slack)")
            #expect(outcome.recall >= before.recall - 0.003, "slack \(slack)")
            before = outcome
        }
        #expect(before.recall >= 0.999)
    }

    @Test("a target of 1 is an exact search", arguments: Metric.allCases)
    func exact(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 33, seed: 123)
        let snapshot = try Fixture.snapshot(source.next(1_500), metric: metric)
        let scratch = SearchScratch()
        for query in source.next(20) {
            let found = try snapshot.search(query, k: 17, effort: .targetRecall(1), scratch: scratch)
            #expect(found == (try snapshot.exactSearch(query, k: 17)))
            #expect(scratch.statistics.hops == 0 && scratch.statistics.distances == 1_500)
        }
    }

    @Test("without an effort the index's own target is aimed for")
    func ownTarget() throws {
        var source = ClusteredVectors(dimensions: 80, seed: 124)
        let vectors = source.next(2_500)
        let queries = source.next(100)
        var hops: [Int] = []
        for target in [0.8, 0.99] {
            let snapshot = try Fixture.snapshot(
                vectors, parameters: BuildParameters(targetRecall: target, exactScanMax: 0))
            #expect(snapshot.info.targetRecall == target)
            let truth = try snapshot.exactSearch(queries, k: 10)
            let own = try run(snapshot, queries, k: 10, nil, truth)
            let said = try run(snapshot, queries, k: 10, .targetRecall(target), truth)
            #expect(own.hops == said.hops && own.recall == said.recall)
            hops.append(own.hops)
        }
        #expect(hops[0] < hops[1])
    }

    @Test("many queries at once, by any number of threads and with any scratch, are answered as one by one")
    func sameAnswers() throws {
        var source = ClusteredVectors(dimensions: 70, seed: 125)
        let large = try Fixture.snapshot(source.next(2_500))
        var others = ClusteredVectors(dimensions: 200, seed: 126)
        let other = try Fixture.snapshot(others.next(600), metric: .squaredL2)
        let small = try Fixture.snapshot([[1, 0], [0, 1]], parameters: BuildParameters())
        let queries = source.next(100)
        let scratch = SearchScratch()
        for (k, effort) in [(10, SearchEffort.targetRecall(0.9)), (200, .efSearch(300)), (1, .slack(0.05))] {
            let fresh = try queries.map { try large.search($0, k: k, effort: effort, scratch: SearchScratch()) }
            for threads in [0, 1, 3] {
                #expect(try large.search(queries, k: k, effort: effort, threads: threads) == fresh)
            }
            // A scratch that has served other indexes in between.
            for (query, answer) in zip(queries, fresh) {
                _ = try other.search(others.next(), k: 5, scratch: scratch)
                _ = try small.search([1, 1], k: 2, scratch: scratch)
                #expect(try large.search(query, k: k, effort: effort, scratch: scratch) == answer)
                #expect(try large.search(query, k: k, effort: effort) == answer)
            }
        }
    }

    @Test("a scratch that served larger searches finds the same")
    func usedScratch() throws {
        var source = ClusteredVectors(dimensions: 16, clusters: 8, seed: 161)
        let snapshot = try Fixture.snapshot(source.next(14_000))
        let used = SearchScratch()
        for query in source.next(6) {
            _ = try snapshot.search(query, scoringAtLeast: -1, scratch: used)
            _ = try snapshot.search(query, k: 1_500, effort: .efSearch(6_000), scratch: used)
            for effort in [SearchEffort.efSearch(2_500), .slack(0.5), .efSearch(40)] {
                let fresh = SearchScratch()
                let expected = try snapshot.search(query, k: 30, effort: effort, scratch: fresh)
                #expect(try snapshot.search(query, k: 30, effort: effort, scratch: used) == expected)
                #expect(used.statistics == fresh.statistics)
            }
        }
    }

    @Test("what makes no sense is refused by name, with a graph and without", arguments: [0, 2_000])
    func refusals(exactScanMax: Int) throws {
        var source = ClusteredVectors(dimensions: 2, seed: 127)
        let snapshot = try Fixture.snapshot(
            source.next(500), parameters: BuildParameters(exactScanMax: exactScanMax))
        let query: [Float] = [1, 0]
        func code(_ body: () throws -> Void) -> VectorIndexError.Code? {
            do { try body() } catch { return (error as? VectorIndexError)?.code }
            return nil
        }
        for k in [0, -1, 1 << 20 + 1, .max] {
            #expect(code { _ = try snapshot.search(query, k: k) } == .invalidParameter)
            #expect(code { _ = try snapshot.search([query], k: k) } == .invalidParameter)
            #expect(code { _ = try snapshot.exactSearch(query, k: k) } == .invalidParameter)
        }
        let efforts: [SearchEffort] = [
            .efSearch(0), .efSearch(-1), .efSearch(.max), .slack(-1.1), .slack(.nan), .slack(.infinity),
            .targetRecall(0), .targetRecall(-0.5), .targetRecall(1.1), .targetRecall(.nan), .targetRecall(.infinity),
        ]
        for effort in efforts {
            #expect(code { _ = try snapshot.search(query, k: 1, effort: effort) } == .invalidParameter)
            #expect(code { _ = try snapshot.search([query], k: 1, effort: effort) } == .invalidParameter)
            #expect(
                code { _ = try snapshot.search(query, scoringAtLeast: 0, effort: effort) } == .invalidParameter)
        }
        #expect(code { _ = try snapshot.search(query, scoringAtLeast: .nan) } == .invalidParameter)
        let queries: [([Float], VectorIndexError.Code)] = [
            ([1, 0, 0], .dimensionMismatch), ([], .dimensionMismatch), ([.nan, 0], .notFinite),
            ([.infinity, 0], .notFinite), ([0, 0], .zeroVector), ([3e38, 3e38], .tooLarge),
        ]
        for (query, expected) in queries {
            #expect(code { _ = try snapshot.search(query, k: 1) } == expected)
            #expect(code { _ = try snapshot.search(query, scoringAtLeast: 0) } == expected)
            #expect(code { _ = try snapshot.search([[1, 0], query], k: 1) } == expected)
            #expect(code { _ = try snapshot.exactSearch([[1, 0], query], k: 1) } == expected)
        }
    }
}
