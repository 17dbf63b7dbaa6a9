/// Synthetic unit vectors in clusters, of a lower inner dimension than their outer one, as embeddings of text are.
///
/// A cluster is a point of the inner space, a vector that point with a smaller step from it, brought to the outer space by one
/// random linear map, with a little noise in all directions, and to unit length. Seed and sizes give always the same vectors.
struct ClusteredVectors {
    static let innerDimensions = 32
    static let clusters = 1_000
    /// A vector's distance from its cluster, in units of the clusters' own spread.
    static let step: Float = 0.6
    /// Noise in all directions, relative to the vector's length.
    static let noise: Float = 0.15

    let dimensions: Int
    /// One row an inner dimension.
    private let map: [Float]
    private let centers: [Float]

    init(dimensions: Int, seed: UInt64) {
        self.dimensions = dimensions
        var normals = SeededNormals(seed: seed)
        map = (0..<Self.innerDimensions * dimensions).map { _ in normals.next() }
        centers = (0..<Self.clusters * Self.innerDimensions).map { _ in normals.next() }
    }

    /// `count` vectors of a stream; streams differ and do not repeat each other.
    func vectors(_ count: Int, stream: UInt64, _ body: ([Float]) throws -> Void) rethrows {
        var normals = SeededNormals(seed: 0x9E37_79B9 &+ stream &* 0xD1B5_4A32_D192_ED03)
        let noise = Self.noise * Float(Self.innerDimensions).squareRoot()
        for _ in 0..<count {
            let center = normals.next(below: Self.clusters) * Self.innerDimensions
            var vector = (0..<dimensions).map { _ in noise * normals.next() }
            for i in 0..<Self.innerDimensions {
                let inner = centers[center + i] + Self.step * normals.next()
                for j in 0..<dimensions { vector[j] += inner * map[i * dimensions + j] }
            }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for j in 0..<dimensions { vector[j] /= length }
            try body(vector)
        }
    }
}
