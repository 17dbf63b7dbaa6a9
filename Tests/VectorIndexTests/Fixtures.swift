import Foundation
import TestSupport
import Testing
import VectorIndex

/// Vectors that lie as embeddings do: in clusters, of few degrees of freedom, with some noise. Seeded.
struct ClusteredVectors {
    private var random: SplitMix64
    private let dimensions: Int
    private let centers: [[Float]]
    private let directions: [[Float]]

    init(dimensions: Int, clusters: Int = 40, directions: Int = 12, seed: UInt64) {
        random = SplitMix64(seed: seed)
        self.dimensions = dimensions
        var random = SplitMix64(seed: seed &+ 1)
        centers = (0..<clusters).map { _ in Self.noise(dimensions, 0.6, &random) }
        self.directions = (0..<directions).map { _ in Self.noise(dimensions, 0.5, &random) }
    }

    mutating func next() -> [Float] {
        var vector = centers[random.next(below: centers.count)]
        for direction in directions {
            let weight = Self.noise(1, 1, &random)[0]
            for i in 0..<dimensions { vector[i] += weight * direction[i] }
        }
        let noise = Self.noise(dimensions, 0.15, &random)
        for i in 0..<dimensions { vector[i] += noise[i] }
        return vector
    }

    mutating func next(_ count: Int) -> [[Float]] { (0..<count).map { _ in next() } }

    /// Nearly normal: the sum of four uniform values.
    private static func noise(_ count: Int, _ scale: Float, _ random: inout SplitMix64) -> [Float] {
        (0..<count).map { _ in
            (0..<4).reduce(Float(0)) { sum, _ in sum + Float(random.next(below: 2001) - 1000) / 1000 } * scale * 0.87
        }
    }
}

enum Fixture {
    /// A path in a directory of this test process.
    static func path(_ name: String = "index.nxi") throws -> String { try TestDirectory.make("index") + "/" + name }

    /// Builds an index whose ids are the vectors' positions times three.
    @discardableResult
    static func write(
        _ vectors: [[Float]], to path: String, metric: Metric = .cosine, dimensions: Int? = nil,
        parameters: BuildParameters = BuildParameters(exactScanMax: 0)
    ) throws -> SnapshotInfo {
        var builder = SnapshotBuilder(
            dimensions: dimensions ?? vectors[0].count, metric: metric, parameters: parameters)
        for (i, vector) in vectors.enumerated() { try builder.add(id: UInt64(3 * i), vector: vector) }
        return try builder.write(to: path)
    }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    /// The score of two vectors, in double precision and the plain way.
    static func score(_ a: [Float], _ b: [Float], _ metric: Metric) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        switch metric {
        case .cosine: return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
        case .innerProduct: return dot(a, b)
        case .squaredL2: return -zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
        }
    }

    /// The share of the true neighbours that were found.
    static func recall(_ found: [[Neighbor]], _ truth: [[Neighbor]]) -> Double {
        let hits = zip(found, truth).reduce(0) { sum, pair in
            let ids = Set(pair.1.map(\.id))
            return sum + pair.0.count { ids.contains($0.id) }
        }
        return Double(hits) / Double(truth.reduce(0) { $0 + $1.count })
    }
}
