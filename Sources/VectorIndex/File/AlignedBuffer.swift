/// Memory that starts on a cache line, owned by one object and freed with it. Starts as zeros.
///
/// `@unchecked Sendable`: it is shared only inside a build or a check, whose workers write disjoint elements and are
/// joined before anyone reads.
final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int) {
        self.count = count
        let bytes = max(count * MemoryLayout<Element>.stride, 1)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        base = raw.assumingMemoryBound(to: Element.self)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    subscript(index: Int) -> Element {
        @inline(__always) get { base[index] }
        @inline(__always) set { base[index] = newValue }
    }

    /// What its first `count` elements are as bytes.
    func bytes(count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)
    }
}
