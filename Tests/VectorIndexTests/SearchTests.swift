import Testing
import VectorIndex

@Suite("Searching a snapshot")
struct SearchTests {
    @Test(
        "what a search through the graph and an exact one both find has one score, to the bit",
        arguments: Metric.allCases)
    func scores(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 97, seed: 31)
        let snapshot = try Fixture.snapshot(source.next(3_000), metric: metric)
        let queries = source.next(200)
        let truth = try snapshot.exactSearch(queries, k: 10)
        let found = try snapshot.search(queries, k: 10)
        #expect(Fixture.recall(found, truth) >= 0.95)
        for (found, truth) in zip(found, truth) {
            let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.id, $0.score) })
            for neighbor in found { if let score = scores[neighbor.id] { #expect(score == neighbor.score) } }
            #expect(zip(found, found.dropFirst()).allSatisfy { Neighbor.isBetter($0, $1) })
        }
    }

    @Test("exact search agrees with plain arithmetic, one query or many", arguments: Metric.allCases, [false, true])
    func exactSearch(metric: Metric, hasGraph: Bool) throws {
        var source = ClusteredVectors(dimensions: 33, seed: 32)
        let vectors = source.next(700)
        let queries = source.next(20)
        let path = try Fixture.path()
        try Fixture.write(
            vectors, to: path, metric: metric, parameters: BuildParameters(exactScanMax: hasGraph ? 0 : 2_000))
        let snapshot = try Snapshot(path: path)
        #expect(snapshot.info.hasGraph == hasGraph)
        let many = try snapshot.exactSearch(queries, k: 7)
        for (query, answer) in zip(queries, many) {
            let expected = vectors.indices.map {
                (id: UInt64(3 * $0), score: Fixture.score(query, vectors[$0], metric))
            }
            .sorted { $0.score > $1.score }.prefix(7)
            #expect(answer.map(\.id) == expected.map(\.id))
            for (neighbor, expected) in zip(answer, expected) {
                #expect(abs(Double(neighbor.score) - expected.score) <= 1e-4 * max(1, abs(expected.score)))
            }
            #expect(try snapshot.exactSearch(query, k: 7) == answer)
            if !hasGraph { #expect(try snapshot.search(query, k: 7) == answer) }
        }
    }

    @Test("k beyond the index gives all of it, best first", arguments: [0, 2_000])
    func moreThanThereAre(exactScanMax: Int) throws {
        var source = ClusteredVectors(dimensions: 16, seed: 33)
        let vectors = source.next(150)
        let snapshot = try Fixture.snapshot(vectors, parameters: BuildParameters(exactScanMax: exactScanMax))
        #expect(try snapshot.search(vectors[3], k: 150) == snapshot.exactSearch(vectors[3], k: 150))
        let found = try snapshot.search(vectors[3], k: 1_000, effort: .efSearch(1))
        #expect(found.map(\.id).sorted() == vectors.indices.map { UInt64(3 * $0) })
        #expect(found.first?.id == 9)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
    }

    @Test("an index of no vectors answers with none", arguments: Metric.allCases)
    func empty(metric: Metric) throws {
        let path = try Fixture.path()
        let info = try Fixture.write([], to: path, metric: metric, dimensions: 5)
        #expect(info.count == 0)
        let snapshot = try Snapshot(path: path)
        #expect(try snapshot.search([1, 2, 3, 4, 5], k: 3).isEmpty)
        #expect(try snapshot.exactSearch([[1, 2, 3, 4, 5], [1, 0, 0, 0, 0]], k: 3) == [[], []])
        #expect(try snapshot.vector(id: 0) == nil && snapshot.ids.isEmpty)
    }

    @Test("one vector, with a graph and without", arguments: [0, 10])
    func single(exactScanMax: Int) throws {
        let path = try Fixture.path()
        try Fixture.write([[3, 4]], to: path, parameters: BuildParameters(exactScanMax: exactScanMax))
        let snapshot = try Snapshot(path: path)
        #expect(try snapshot.search([0, 2], k: 5) == [Neighbor(id: 0, score: 0.8)])
        #expect(try snapshot.vector(id: 0) == [0.6, 0.8])
    }

    @Test("an eighth of the index is searched through the graph, more of it is scanned")
    func largeK() throws {
        var source = ClusteredVectors(dimensions: 40, seed: 38)
        let snapshot = try Fixture.snapshot(source.next(1_200))
        let scratch = SearchScratch()
        let query = source.next()
        let truth = try snapshot.exactSearch(query, k: 151)
        let walked = try snapshot.search(query, k: 150, effort: .efSearch(600), scratch: scratch)
        #expect(scratch.statistics.hops > 0)
        #expect(walked.count == 150 && Fixture.recall([walked], [Array(truth.prefix(150))]) >= 0.98)
        #expect(try snapshot.search(query, k: 151, scratch: scratch) == truth)
        #expect(scratch.statistics.hops == 0)
    }

    @Test("equal vectors share a node, and all their ids are found", arguments: [0, 2_000])
    func duplicates(exactScanMax: Int) throws {
        var source = ClusteredVectors(dimensions: 24, seed: 34)
        let different = source.next(300)
        var vectors = different
        for i in 0..<100 { vectors.append(different[i % 5]) }
        let path = try Fixture.path()
        let info = try Fixture.write(vectors, to: path, parameters: BuildParameters(exactScanMax: exactScanMax))
        #expect(info.count == 400)
        #expect(info.nodes == 300)
        let snapshot = try Snapshot(path: path)
        let found = try snapshot.search(different[2], k: 21)
        let expected = [2] + stride(from: 302, to: 400, by: 5)
        #expect(Set(found.map(\.id)) == Set(expected.map { UInt64(3 * $0) }))
        #expect(Set(found.map(\.score)).count == 1)
        for i in [0, 2, 299, 300, 399] {
            let stored = try #require(try snapshot.vector(id: UInt64(3 * i)))
            #expect(zip(stored, vectors[i]).allSatisfy { abs($0 * Self.length(vectors[i]) - $1) < 1e-4 })
        }
        #expect(try snapshot.vector(id: 1) == nil)
        #expect(try snapshot.ids == (0..<400).map { UInt64(3 * $0) })
    }

    @Test("a graph of nothing but copies and near copies is searched like any other")
    func nearCopies() throws {
        var source = ClusteredVectors(dimensions: 32, clusters: 1, directions: 1, seed: 35)
        let base = source.next()
        var random = SplitMix64(seed: 36)
        let vectors = (0..<3_000).map { i in base.map { $0 + (i % 2 == 0 ? 0 : Float(random.next(below: 100)) * 1e-5) }
        }
        let path = try Fixture.path()
        let info = try Fixture.write(vectors, to: path, metric: .squaredL2)
        #expect(info.nodes == 1_501)
        let snapshot = try Snapshot(path: path)
        #expect(try snapshot.search(base, k: 10).allSatisfy { $0.score == 0 && $0.id % 6 == 0 })
    }

    @Test(
        "dimensions from 1 to 4096 are built and searched",
        arguments: [1, 2, 3, 63, 64, 65, 127, 128, 129, 192, 193, 384, 1_000, 4_096], Metric.allCases)
    func dimensions(dimensions: Int, metric: Metric) throws {
        var source = ClusteredVectors(dimensions: dimensions, clusters: 5, directions: 3, seed: 37)
        let snapshot = try Fixture.snapshot(source.next(dimensions > 1_000 ? 120 : 500), metric: metric)
        let codeBytes = (dimensions + (metric == .innerProduct ? 1 : 0) + 63) / 64 * 64
        #expect(snapshot.info.hasGraph && snapshot.info.codeKind.contains(codeBytes > 192 ? "1 bit" : "2 bits"))
        let queries = source.next(50)
        let k = min(5, max(snapshot.info.nodes / 8, 1))
        let truth = try snapshot.exactSearch(queries, k: k)
        let found = try queries.map { try snapshot.search($0, k: k, effort: .efSearch(60)) }
        // Under cosine one dimension has two directions only, so that ids of equal score may differ.
        let isAsGood = zip(found, truth).flatMap { zip($0, $1).map { $0.score >= $1.score } }
        #expect(isAsGood.count == 50 * k)
        #expect(isAsGood.count { $0 } * 100 >= 97 * isAsGood.count, "\(isAsGood.count { $0 }) of \(isAsGood.count)")
    }

    private static func length(_ vector: [Float]) -> Float {
        Float(Fixture.score(vector, vector, .innerProduct).squareRoot())
    }
}
