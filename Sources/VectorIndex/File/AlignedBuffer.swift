/// Memory that starts on a page, owned by one object and freed with it. Starts as zeros.
///
/// Large buffers come straight from the system, in huge pages where it has them: a build reads them at random, and most
/// of what that costs is the translation of addresses.
///
/// `@unchecked Sendable`: it is shared only inside a build or a check, whose workers write disjoint elements and are
/// joined before anyone reads.
final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let count: Int
    private let mappedBytes: Int

    init(count: Int) {
        self.count = count
        let bytes = max(count * MemoryLayout<Element>.stride, 1)
        if bytes >= Self.mappedBytesMin, let raw = System.mapZeros(bytes) {
            mappedBytes = bytes
            base = raw.assumingMemoryBound(to: Element.self)
        } else {
            mappedBytes = 0
            let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: IndexFormat.pageBytes)
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            base = raw.assumingMemoryBound(to: Element.self)
        }
    }

    deinit {
        if mappedBytes > 0 {
            System.unmap(base, mappedBytes)
        } else {
            UnsafeMutableRawPointer(base).deallocate()
        }
    }

    private static var mappedBytesMin: Int { 4 << 20 }

    subscript(index: Int) -> Element {
        @inline(__always) get { base[index] }
        @inline(__always) set { base[index] = newValue }
    }

    /// What its first `count` elements are as bytes.
    func bytes(count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)
    }
}
