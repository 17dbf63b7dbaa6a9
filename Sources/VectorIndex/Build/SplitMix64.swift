/// A seeded stream of 64-bit numbers (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA
/// 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// The first number of a stream that a value seeds.
    static func hash(_ value: UInt64, seed: UInt64) -> UInt64 {
        var stream = SplitMix64(seed: value &* 0xD6E8_FEB8_6659_FD93 ^ seed)
        return stream.next()
    }

    /// A number below `bound`, by multiplication: the same on every version of the standard library.
    package mutating func next(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
