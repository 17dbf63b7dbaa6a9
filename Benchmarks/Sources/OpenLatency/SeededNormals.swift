import Foundation

/// A seeded stream of normally distributed numbers: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) and Box and Muller's transform.
struct SeededNormals {
    private var state: UInt64
    private var spare: Double?

    init(seed: UInt64) { state = seed }

    mutating func next() -> Float {
        if let value = spare {
            spare = nil
            return Float(value)
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spare = radius * sin(angle)
        return Float(radius * cos(angle))
    }

    mutating func next(below bound: Int) -> Int { Int(bits().multipliedFullWidth(by: UInt64(bound)).high) }

    /// In [0, 1).
    private mutating func uniform() -> Double { Double(bits() >> 11) * 0x1p-53 }

    private mutating func bits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
