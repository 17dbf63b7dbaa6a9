import Testing
import VectorIndex

@Suite("Searching a snapshot")
struct SearchTests {
    @Test("recall@10 is at least 0.95 under every metric", arguments: Metric.allCases)
    func recall(metric: Metric) throws {
        var source = ClusteredVectors(dimensions: 96, seed: 31)
        let vectors = source.next(8_000)
        let queries = source.next(200)
        let path = try Fixture.path()
        try Fixture.write(vectors, to: path, metric: metric)
        let snapshot = try Snapshot(path: path)
        let truth = try snapshot.exactSearch(queries, k: 10)
        // The longest vectors are nearest to everything under inner product, which takes a wider search.
        let found = try queries.map { try snapshot.search($0, k: 10, effort: metric == .innerProduct ? .efSearch(128) : nil) }
        #expect(Fixture.recall(found, truth) >= 0.95)
        // What both find has the same score, to the bit.
        for (found, truth) in zip(found, truth) {
            let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.id, $0.score) })
            for neighbor in found { if let score = scores[neighbor.id] { #expect(score == neighbor.score) } }
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
        let path = try Fixture.path()
        try Fixture.write(vectors, to: path, parameters: BuildParameters(exactScanMax: exactScanMax))
        let snapshot = try Snapshot(path: path)
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
        #expect(snapshot.vector(id: 0) == nil && snapshot.ids.isEmpty)
    }

    @Test("one vector, with a graph and without", arguments: [0, 10])
    func single(exactScanMax: Int) throws {
        let path = try Fixture.path()
        try Fixture.write([[3, 4]], to: path, parameters: BuildParameters(exactScanMax: exactScanMax))
        let snapshot = try Snapshot(path: path)
        #expect(try snapshot.search([0, 2], k: 5) == [Neighbor(id: 0, score: 0.8)])
        #expect(snapshot.vector(id: 0) == [0.6, 0.8])
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
            let stored = try #require(snapshot.vector(id: UInt64(3 * i)))
            #expect(zip(stored, vectors[i]).allSatisfy { abs($0 * Self.length(vectors[i]) - $1) < 1e-4 })
        }
        #expect(snapshot.vector(id: 1) == nil)
        #expect(snapshot.ids == (0..<400).map { UInt64(3 * $0) })
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

    @Test("dimensions from 1 to 4096", arguments: [1, 2, 3, 50, 63, 64, 65, 100, 1_000, 4_096], Metric.allCases)
    func dimensions(dimensions: Int, metric: Metric) throws {
        var source = ClusteredVectors(dimensions: dimensions, clusters: 5, directions: 3, seed: 37)
        let vectors = source.next(dimensions > 1_000 ? 120 : 400)
        let path = try Fixture.path()
        try Fixture.write(vectors, to: path, metric: metric)
        let snapshot = try Snapshot(path: path)
        let queries = source.next(20)
        let truth = try snapshot.exactSearch(queries, k: 5)
        let found = try queries.map { try snapshot.search($0, k: 5, effort: .efSearch(120)) }
        // Under cosine one dimension has two directions only, so that ids of equal score may differ.
        let scores = zip(found, truth).map {
            zip($0.0, $0.1).allSatisfy { $0.0.score >= $0.1.score - abs($0.1.score) * 0.02 }
        }
        #expect(scores.count { $0 } >= 19)
    }

    @Test("what a caller passes wrongly is refused by name")
    func refusals() throws {
        let path = try Fixture.path()
        try Fixture.write([[1, 0], [0, 1]], to: path)
        let snapshot = try Snapshot(path: path)
        func code(_ body: () throws -> Void) -> VectorIndexError.Code? {
            do { try body() } catch { return (error as? VectorIndexError)?.code }
            return nil
        }
        #expect(code { _ = try snapshot.search([1, 0], k: 0) } == .invalidParameter)
        #expect(code { _ = try snapshot.search([1, 0], k: -1) } == .invalidParameter)
        #expect(code { _ = try snapshot.search([1, 0], k: .max) } == .invalidParameter)
        #expect(code { _ = try snapshot.search([1, 0], k: 1, effort: .efSearch(0)) } == .invalidParameter)
        #expect(code { _ = try snapshot.search([1, 0, 0], k: 1) } == .dimensionMismatch)
        #expect(code { _ = try snapshot.search([Float](), k: 1) } == .dimensionMismatch)
        #expect(code { _ = try snapshot.search([.nan, 0], k: 1) } == .notFinite)
        #expect(code { _ = try snapshot.search([.infinity, 0], k: 1) } == .notFinite)
        #expect(code { _ = try snapshot.search([0, 0], k: 1) } == .zeroVector)
        #expect(code { _ = try snapshot.exactSearch([[1, 0], [0, 0]], k: 1) } == .zeroVector)
        #expect(code { _ = try snapshot.exactSearch([1, 0], k: 0) } == .invalidParameter)
        #expect(code { _ = try Snapshot(path: path, modelFingerprint: "another") } == .fingerprintMismatch)
    }

    private static func length(_ vector: [Float]) -> Float {
        Float(Fixture.score(vector, vector, .innerProduct).squareRoot())
    }
}
