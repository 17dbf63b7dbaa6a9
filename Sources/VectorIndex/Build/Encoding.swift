import CBLAS

/// From a vector to its 8-bit code: minus the centre, rotated by a seeded rotation, scaled and rounded.
///
/// The rotation spreads a vector evenly over its coordinates, so that one scale suits all of them. Under inner product
/// a vector first gets one more coordinate that brings it to the length of the longest one (Neyshabur and Srebro, "On
/// symmetric and asymmetric LSHs for inner product search", 2015), unless all are of one length anyway: then, as under
/// cosine, all codes are of one length.
struct Encoding: Sendable {
    let dimensions: Int
    let codeBytes: Int
    /// Code units per unit of length.
    let scale: Float
    /// Under squared Euclidean distance the vectors' mean, otherwise empty.
    let center: [Float]
    /// The length that vectors are brought to by one more coordinate; 0 when there is none.
    let commonLength: Float
    private let signs: [Float]
    private let rounds: Int
    private let kernels = Kernels.active

    init(dimensions: Int, seed: UInt64, scale: Float, center: [Float], commonLength: Float) {
        self.dimensions = dimensions
        self.scale = scale
        self.center = center
        self.commonLength = commonLength
        codeBytes = Self.codeBytes(dimensions: dimensions, isLifted: commonLength > 0)
        rounds = codeBytes & (codeBytes - 1) == 0 ? 2 : 4
        var random = SplitMix64(seed: seed)
        signs = (0..<rounds * codeBytes).map { _ in random.next() >> 63 == 0 ? 1 : -1 }
    }

    static func codeBytes(dimensions: Int, isLifted: Bool) -> Int {
        IndexFormat.rounded(dimensions + (isLifted ? 1 : 0), to: IndexFormat.lineBytes)
    }

    /// Standard deviations of a coordinate that a code reaches before it is cut off.
    static let deviations = 5.5

    /// A scale at which `length`, spread over the coordinates like noise, is cut off only beyond 5.5 standard
    /// deviations.
    static func scale(forLength length: Double, codeBytes: Int) -> Float {
        guard length > 0 else { return 1 }
        return Float(127.0 * Double(codeBytes).squareRoot() / (deviations * length))
    }

    /// What a code's unit is worth when lengths are measured in the one that the scale was made for.
    var unit: Float { Float(Self.deviations / 127) / Float(codeBytes).squareRoot() }

    /// Writes `codeBytes` rotated floats; `rotated` may not overlap.
    func rotate(_ vector: UnsafePointer<Float>, lift: Float = 0, into rotated: UnsafeMutablePointer<Float>) {
        if center.isEmpty {
            rotated.update(from: vector, count: dimensions)
        } else {
            for i in 0..<dimensions { rotated[i] = vector[i] - center[i] }
        }
        for i in dimensions..<codeBytes { rotated[i] = 0 }
        if lift != 0 { rotated[dimensions] = lift }
        signs.withUnsafeBufferPointer {
            kernels.rotate(rotated, length: codeBytes, signs: $0.baseAddress!, rounds: rounds)
        }
    }

    /// A stored vector's code, as rows have it.
    func encode(
        _ vector: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>, into code: UnsafeMutablePointer<UInt8>
    ) {
        var lift: Float = 0
        if commonLength > 0 {
            let square = nx_sum_of_squares(vector, dimensions)
            lift = Float(max(Double(commonLength) * Double(commonLength) - square, 0).squareRoot())
        }
        rotate(vector, lift: lift, into: scratch)
        nx_quantise_u8(scratch, codeBytes, scale, code)
    }
}
