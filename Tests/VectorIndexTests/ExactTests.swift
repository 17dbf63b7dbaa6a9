import Testing
import VectorIndex

/// Exact searches of many queries go through matrix products, whose rounding must not show.
@Suite("Exact search by matrix products")
struct ExactTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var metric: Metric
        /// What all coordinates have in common, and how much they differ.
        var offset: Float
        var spread: Float
        var dimensions = 8
        /// Every vector is one of so few, but for its last bits.
        var kinds: Int?

        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "squared L2 about the origin", metric: .squaredL2, offset: 0, spread: 1),
        Case(name: "squared L2, far from the origin", metric: .squaredL2, offset: 1_000, spread: 0.01),
        Case(name: "squared L2, one dimension, far away", metric: .squaredL2, offset: -5_000, spread: 1, dimensions: 1),
        Case(name: "squared L2, near copies", metric: .squaredL2, offset: 3, spread: 1, kinds: 3),
        Case(name: "inner product, far from the origin", metric: .innerProduct, offset: 1_000, spread: 0.01),
        Case(name: "cosine, nearly one direction", metric: .cosine, offset: 100, spread: 0.01),
        Case(name: "cosine, near copies", metric: .cosine, offset: 0, spread: 1, dimensions: 40, kinds: 3),
    ]

    private func vectors(_ kind: Case, _ count: Int, seed: UInt64) -> [[Float]] {
        var random = SplitMix64(seed: seed)
        func number(_ range: Float) -> Float { Float(random.next(below: 2_000_001) - 1_000_000) / 1_000_000 * range }
        let few = (0..<(kind.kinds ?? 0)).map { _ in (0..<kind.dimensions).map { _ in number(kind.spread) } }
        return (0..<count).map { i in
            guard !few.isEmpty else { return (0..<kind.dimensions).map { _ in kind.offset + number(kind.spread) } }
            return few[i % few.count].map { kind.offset + $0 * (1 + number(1e-6)) }
        }
    }

    @Test("many queries at once find what each finds alone, which is the truth", arguments: cases)
    func manyLikeOne(kind: Case) throws {
        let stored = vectors(kind, 3_000, seed: 171)
        let queries = vectors(kind, 20, seed: 172)
        let snapshot = try Fixture.snapshot(
            stored, metric: kind.metric, parameters: BuildParameters(exactScanMax: 3_000))
        let together = try snapshot.exactSearch(queries, k: 10)
        for (query, found) in zip(queries, together) {
            #expect(try snapshot.exactSearch(query, k: 10) == found)
            // Alone they are compared by the kernels one by one; here in double precision.
            let scores = stored.map { Fixture.score(query, $0, kind.metric) }.sorted(by: >)
            let tenth = try #require(found.last)
            let size = query.reduce(0) { $0 + Double($1) * Double($1) }
            let rounding =
                kind.metric == .squaredL2 ? abs(scores[9]) * 1e-5 + 1e-12 : 1e-5 * (kind.metric == .cosine ? 1 : size)
            #expect(abs(Double(tenth.score) - scores[9]) <= rounding, "\(kind.name)")
        }
    }

    @Test("the curve of vectors far from the origin is as good as about it")
    func calibration() throws {
        let kind = Self.cases[1]
        let snapshot = try Fixture.snapshot(vectors(kind, 1_500, seed: 173), metric: .squaredL2)
        let best = snapshot.info.calibration.filter { $0.k == 10 }.map(\.recall).max()
        #expect(try #require(best) > 0.99)
    }
}
