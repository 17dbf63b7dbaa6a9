import CBLAS

/// CRC32C over what Swift holds; C does the arithmetic.
enum Checksum {
    static func crc32c(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32c($0) } }

    static func crc32c(_ bytes: UnsafeRawBufferPointer, from crc: UInt32 = 0) -> UInt32 {
        nx_crc32c(crc, bytes.baseAddress, bytes.count)
    }

    /// The same with several threads, a piece at a time.
    static func crc32c(_ bytes: UnsafeRawBufferPointer, threads: Int) -> UInt32 {
        let pieceBytes = 4 << 20
        let pieces = (bytes.count + pieceBytes - 1) / pieceBytes
        guard threads > 1, pieces > 1 else { return crc32c(bytes) }
        let sums = AlignedBuffer<UInt32>(count: pieces)
        Workers(threads: threads).run(count: pieces, chunk: 1) { _, range in
            for i in range {
                let start = i * pieceBytes
                let end = min(start + pieceBytes, bytes.count)
                sums[i] = crc32c(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
        }
        var crc = sums[0]
        for i in 1..<pieces {
            let length = min(pieceBytes, bytes.count - i * pieceBytes)
            crc = nx_crc32c_combine(crc, sums[i], UInt64(length))
        }
        return crc
    }
}

/// Eight hexadecimal digits.
func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}

/// Two hexadecimal digits a byte.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
