import Testing
import VectorIndex

/// Vectors of one kind, an index of most of them, and queries that the builder never saw.
struct RecallCase: Sendable, CustomTestStringConvertible {
    var name: String
    var metric: Metric
    var dimensions: Int
    var count: Int
    var lengths: @Sendable ([[Float]]) -> [[Float]] = { $0 }

    var testDescription: String { name }

    static let all = [
        RecallCase(name: "cosine, 1-bit codes", metric: .cosine, dimensions: 280, count: 6_000),
        RecallCase(name: "squared L2, 2-bit codes", metric: .squaredL2, dimensions: 96, count: 6_000),
        RecallCase(
            name: "inner product, even lengths", metric: .innerProduct, dimensions: 96, count: 6_000,
            lengths: { Lengths.even($0) }),
        RecallCase(
            name: "inner product, very uneven lengths", metric: .innerProduct, dimensions: 200, count: 6_000,
            lengths: { Lengths.uneven($0, seed: 92) }),
    ]

    /// The same, of fewer vectors.
    static let small = all.map { kind in
        var kind = kind
        kind.count = 1_500
        return kind
    }

    func make(queries: Int, exactScanMax: Int = 0) throws -> (snapshot: Snapshot, queries: [[Float]]) {
        var source = ClusteredVectors(dimensions: dimensions, clusters: 20, directions: 16, seed: 91)
        let vectors = lengths(source.next(count))
        let snapshot = try Fixture.snapshot(
            vectors, metric: metric, parameters: BuildParameters(exactScanMax: exactScanMax))
        return (snapshot, source.next(queries))
    }
}
