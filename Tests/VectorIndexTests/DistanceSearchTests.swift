import Testing
import VectorIndex

@Suite("Searching by distance")
struct DistanceSearchTests {
    @Test(
        "all that score enough are found, be they none, few or very many", arguments: RecallCase.small, [0, 5_000])
    func againstFiltering(kind: RecallCase, exactScanMax: Int) throws {
        let (snapshot, queries) = try kind.make(queries: 60, exactScanMax: exactScanMax)
        let count = snapshot.info.count
        let scratch = SearchScratch()
        let ranked = try queries.map { try snapshot.exactSearch($0, k: count) }
        // So many are near enough for each query.
        for matches in [0, 1, 3, 20, 150, count / 3, count] {
            var found = 0
            var expected = 0
            for (query, all) in zip(queries, ranked) {
                let score = matches == 0 ? all[0].score.nextUp : all[matches - 1].score
                let truth = all.filter { $0.score >= score }
                let answer = try snapshot.search(
                    query, scoringAtLeast: score, effort: .targetRecall(0.98), scratch: scratch)
                #expect(scratch.statistics.hops > 0 || exactScanMax > 0)
                // None that does not belong there; the same scores; in the same order.
                let wanted = Set(truth)
                #expect(answer.allSatisfy { wanted.contains($0) })
                #expect(zip(answer, answer.dropFirst()).allSatisfy { Neighbor.isBetter($0, $1) })
                found += answer.count
                expected += truth.count
                if exactScanMax > 0 { #expect(answer == truth) }
            }
            #expect(Double(found) >= 0.97 * Double(expected), "\(matches) matches: \(found) of \(expected)")
        }
    }

    @Test("tens of thousands of matches, and of neighbours, are found as well as few")
    func veryMany() throws {
        var source = ClusteredVectors(dimensions: 6, clusters: 1, seed: 133)
        let count = 40_000
        let snapshot = try Fixture.snapshot(
            source.next(count), metric: .squaredL2, parameters: BuildParameters(efConstruction: 40, exactScanMax: 0))
        let query = source.next()
        let all = try snapshot.exactSearch(query, k: count)
        for matches in [20_000, 39_000] {
            let found = try snapshot.search(query, scoringAtLeast: all[matches - 1].score)
            #expect(found.count * 100 >= 99 * matches, "\(found.count) of \(matches)")
        }
        let walked = try snapshot.search(query, k: count / 8, effort: .efSearch(2 * count / 8))
        #expect(Fixture.recall([walked], [Array(all.prefix(count / 8))]) >= 0.99)
    }

    @Test("the ends of the scale: nothing, everything, and an exact answer on demand", arguments: RecallCase.small)
    func ends(kind: RecallCase) throws {
        let (snapshot, queries) = try kind.make(queries: 5)
        for query in queries {
            let all = try snapshot.exactSearch(query, k: snapshot.info.count)
            #expect(try snapshot.search(query, scoringAtLeast: .infinity).isEmpty)
            #expect(try snapshot.search(query, scoringAtLeast: .greatestFiniteMagnitude).isEmpty)
            #expect(try snapshot.search(query, scoringAtLeast: -.infinity) == all)
            #expect(try snapshot.search(query, scoringAtLeast: -.greatestFiniteMagnitude) == all)
            let score = all[all.count / 4].score
            #expect(
                try snapshot.search(query, scoringAtLeast: score, effort: .targetRecall(1))
                    == all.filter { $0.score >= score })
        }
    }

    @Test(
        "a zero query, where it is one, matches what plain arithmetic says",
        arguments: [Metric.innerProduct, .squaredL2])
    func zeroQuery(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 20, seed: 131)
        let snapshot = try Fixture.snapshot(source.next(600), metric: metric)
        let zero = [Float](repeating: 0, count: 20)
        let all = try snapshot.exactSearch(zero, k: 600)
        #expect(try snapshot.search(zero, scoringAtLeast: all[599].score).count >= 580)
        #expect(try snapshot.search(zero, scoringAtLeast: 1).isEmpty)
        #expect(try snapshot.search(zero, k: 10).count == 10)
    }

    @Test("an index of no vectors, and of one", arguments: Metric.allCases)
    func few(metric: Metric) throws {
        let path = try Fixture.path()
        try Fixture.write([], to: path, metric: metric, dimensions: 2)
        #expect(try Snapshot(path: path).search([1, 0], scoringAtLeast: -.infinity).isEmpty)
        let one = try Fixture.snapshot([[1, 0]], metric: metric)
        #expect(try one.search([1, 0], scoringAtLeast: -1).map(\.id) == [0])
        #expect(try one.search([1, 0], scoringAtLeast: 1.5).isEmpty)
    }
}

@Suite("Several ids of one vector")
struct DuplicateSearchTests {
    @Test("all of them are found by every kind of search", arguments: Metric.allCases, [0, 2_000])
    func everyKind(metric: Metric, exactScanMax: Int) throws {
        var source = ClusteredVectors(dimensions: 24, seed: 132)
        let different = source.next(500)
        // Vectors 0 to 4 have 21 ids each.
        let vectors = different + (0..<100).map { different[$0 % 5] }
        let snapshot = try Fixture.snapshot(
            vectors, metric: metric, parameters: BuildParameters(exactScanMax: exactScanMax))
        #expect(snapshot.info.count == 600 && snapshot.info.nodes == 500)
        for i in 0..<5 {
            let ids = ([i] + stride(from: 500 + i, to: 600, by: 5)).map { UInt64(3 * $0) }
            let query = different[i]
            let truth = try snapshot.exactSearch(query, k: 60)
            let copies = truth.filter { ids.contains($0.id) }
            #expect(copies.count == 21 && Set(copies.map(\.score)).count == 1)
            let efforts: [SearchEffort?] = [nil, .efSearch(100), .slack(0.1), .targetRecall(0.99), .targetRecall(1)]
            for effort in efforts {
                // Under inner product others may score higher than the vector itself.
                let found = try snapshot.search(query, k: 60, effort: effort)
                #expect(found.count == 60 && Set(found.map(\.id)).count == 60)
                #expect(Set(found).isSuperset(of: copies))
                // Cut within the copies: the smaller ids come first.
                let cut = truth.firstIndex { ids.contains($0.id) }! + 5
                let within = try snapshot.search(query, k: cut, effort: effort).filter { ids.contains($0.id) }
                #expect(within.count >= 5 && within.elementsEqual(copies.prefix(within.count)))
                let near = try snapshot.search(query, scoringAtLeast: copies[0].score, effort: effort)
                #expect(Set(near).isSuperset(of: copies))
            }
            #expect(try snapshot.search([query, query], k: 60).allSatisfy { Set($0).isSuperset(of: copies) })
            #expect(try snapshot.exactSearch([query, query, query, query], k: 60).allSatisfy { $0 == truth })
        }
    }
}
