import CBLAS

/// From a vector to its 8-bit code: minus the centre, rotated by a seeded rotation, scaled and rounded.
///
/// The rotation spreads a vector evenly over its coordinates, so that one scale suits all of them.
struct Encoding: Sendable {
    let dimensions: Int
    let codeBytes: Int
    /// Code units per unit of length.
    let scale: Float
    /// Under squared Euclidean distance the vectors' mean, otherwise empty.
    let center: [Float]
    private let signs: [Float]
    private let rounds: Int

    init(dimensions: Int, seed: UInt64, scale: Float, center: [Float]) {
        self.dimensions = dimensions
        self.scale = scale
        self.center = center
        codeBytes = IndexFormat.rounded(dimensions, to: IndexFormat.lineBytes)
        rounds = codeBytes & (codeBytes - 1) == 0 ? 2 : 4
        var random = SplitMix64(seed: seed)
        signs = (0..<rounds * codeBytes).map { _ in random.next() >> 63 == 0 ? 1 : -1 }
    }

    /// A scale at which `norm`, spread over the coordinates like noise, is cut off only beyond 5.5 standard deviations.
    static func scale(forNorm norm: Double, codeBytes: Int) -> Float {
        guard norm > 0 else { return 1 }
        return Float(127.0 * Double(codeBytes).squareRoot() / (5.5 * norm))
    }

    /// Writes `codeBytes` rotated floats.
    func rotate(_ vector: UnsafePointer<Float>, into rotated: UnsafeMutablePointer<Float>) {
        if center.isEmpty {
            rotated.update(from: vector, count: dimensions)
        } else {
            for i in 0..<dimensions { rotated[i] = vector[i] - center[i] }
        }
        for i in dimensions..<codeBytes { rotated[i] = 0 }
        signs.withUnsafeBufferPointer { nx_rotate(rotated, codeBytes, $0.baseAddress!, rounds) }
    }

    /// Rotates a query and rounds it at the finest scale that fits it.
    ///
    /// - Returns: the query's own scale; 0 for a query at the centre, whose code is all zeros.
    func encodeQuery(
        _ query: UnsafePointer<Float>, rotated: UnsafeMutablePointer<Float>, code: UnsafeMutablePointer<Int8>
    ) -> Float {
        rotate(query, into: rotated)
        let largest = nx_largest_magnitude(rotated, codeBytes)
        let scale = largest > 0 ? min(127 / largest, .greatestFiniteMagnitude) : 0
        nx_quantise_s8(rotated, codeBytes, scale, code)
        return scale
    }
}
