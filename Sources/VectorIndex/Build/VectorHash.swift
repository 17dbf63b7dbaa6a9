/// A number that equal vectors share, by their bits; different ones nearly never do.
enum VectorHash {
    @inline(__always)
    static func of(_ vector: some Sequence<Float>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for value in vector {
            hash = (hash ^ UInt64(value.bitPattern)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        return hash
    }
}
