/// Reads and writes numbers of a file's first page at fixed offsets, little endian.
struct HeaderPage {
    private(set) var bytes: [UInt8]

    init() { bytes = [UInt8](repeating: 0, count: IndexFormat.pageBytes) }

    /// - Precondition: exactly one page.
    init(bytes: [UInt8]) {
        precondition(bytes.count == IndexFormat.pageBytes)
        self.bytes = bytes
    }

    subscript<Value: FixedWidthInteger>(offset: Int, as type: Value.Type) -> Value {
        get {
            var value: Value = 0
            for i in (0..<MemoryLayout<Value>.size).reversed() {
                value = value << 8 | Value(truncatingIfNeeded: bytes[offset + i])
            }
            return value
        }
        set {
            for i in 0..<MemoryLayout<Value>.size {
                bytes[offset + i] = UInt8(truncatingIfNeeded: newValue >> Value(8 * i))
            }
        }
    }

    subscript(range: Range<Int>) -> [UInt8] {
        get { Array(bytes[range]) }
        set {
            precondition(newValue.count <= range.count)
            for i in range { bytes[i] = 0 }
            bytes.replaceSubrange(range.lowerBound..<range.lowerBound + newValue.count, with: newValue)
        }
    }

    /// The first byte of the range that is not zero.
    func firstNonzero(in range: Range<Int>) -> Int? { range.first { bytes[$0] != 0 } }
}
