import VectorIndex

/// Overwrites numbers of an input with values at the edges of what a reader takes.
package enum NumberMutation {
    private static let values: [UInt64] = [
        0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 63, 64, 127, 128, 255, 256, 4_095, 4_096, 65_535, 65_536,
        1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 62, 1 << 63 - 1, 1 << 63, .max,
        // 32-bit floats: 1, -1, infinities, not a number, the largest, the least.
        0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F7F_FFFF, 0x0000_0001, 0x8000_0000,
        // 16-bit floats: the same.
        0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E00, 0x7BFF,
    ]

    package static func apply(_ bytes: UnsafeMutableRawBufferPointer, _ random: inout SplitMix64) {
        for _ in 0...random.next(below: 8) {
            let width = [1, 2, 4, 4, 4, 8][random.next(below: 6)]
            // Half of them in the choices, the header and the table.
            let reach = random.next(below: 2) == 0 ? min(bytes.count, 400) : bytes.count
            guard reach >= width else { continue }
            let offset = random.next(below: reach / width) * width
            var value = values[random.next(below: values.count)]
            switch random.next(below: 4) {
            case 0: value = random.next()
            case 1:
                // A little more or less than what is there.
                value = 0
                for i in (0..<width).reversed() { value = value << 8 | UInt64(bytes[offset + i]) }
                value = value &+ UInt64(random.next(below: 5)) &- 2
            default: break
            }
            for i in 0..<width { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
        }
    }
}
