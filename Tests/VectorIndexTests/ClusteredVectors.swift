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

/// Vectors of the lengths that a test of inner products wants.
enum Lengths {
    /// All brought to length 1.
    static func even(_ vectors: [[Float]]) -> [[Float]] {
        vectors.map { vector in
            let length = Float(Fixture.score(vector, vector, .innerProduct).squareRoot())
            return vector.map { $0 / length }
        }
    }

    /// From a twentieth of what they were to all of it, most of them short.
    static func uneven(_ vectors: [[Float]], seed: UInt64) -> [[Float]] {
        var random = SplitMix64(seed: seed)
        return even(vectors).map { vector in
            let share = Float(random.next(below: 1001)) / 1000
            return vector.map { $0 * (0.05 + 0.95 * share * share) }
        }
    }
}
