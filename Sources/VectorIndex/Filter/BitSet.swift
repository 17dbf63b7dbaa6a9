/// A set of numbers below a bound, a bit each. Empty when made.
///
/// `@unchecked Sendable`: whoever makes one fills it before anyone else sees it; from then on it is only read.
struct BitSet: @unchecked Sendable {
    let words: AlignedBuffer<UInt64>
    /// The bound.
    let bound: Int

    init(bound: Int) {
        self.bound = bound
        words = AlignedBuffer(count: Self.words(for: bound))
    }

    static func words(for bound: Int) -> Int { (bound + 63) / 64 }

    /// How many numbers are in it. - Complexity: O(bound / 64).
    var count: Int {
        var sum = 0
        for i in 0..<Self.words(for: bound) { sum += words[i].nonzeroBitCount }
        return sum
    }

    @inline(__always)
    func contains(_ number: Int) -> Bool { words[number >> 6] >> UInt64(number & 63) & 1 != 0 }

    @inline(__always)
    func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }

    @inline(__always)
    func remove(_ number: Int) { words[number >> 6] &= ~(1 << UInt64(number & 63)) }

    func insertAll() {
        for i in 0..<Self.words(for: bound) { words[i] = .max }
        let rest = bound % 64
        if rest > 0 { words[bound / 64] = .max >> UInt64(64 - rest) }
    }

    /// Keeps what is also in the other. - Precondition: one bound.
    func formIntersection(_ other: BitSet) {
        precondition(other.bound == bound)
        for i in 0..<Self.words(for: bound) { words[i] &= other.words[i] }
    }

    /// Takes out what is in the other. - Precondition: one bound.
    func subtract(_ other: BitSet) {
        precondition(other.bound == bound)
        for i in 0..<Self.words(for: bound) { words[i] &= ~other.words[i] }
    }

    func copy() -> BitSet {
        let copy = BitSet(bound: bound)
        copy.words.base.update(from: words.base, count: Self.words(for: bound))
        return copy
    }

    /// The numbers, ascending, so many at a time; fewer the last time.
    @inline(__always)
    func forEachBlock(of size: Int, _ body: (UnsafePointer<UInt32>, Int) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: size) { block in
            var count = 0
            forEach { number in
                block[count] = UInt32(number)
                count += 1
                if count == size {
                    body(block.baseAddress!, count)
                    count = 0
                }
            }
            if count > 0 { body(block.baseAddress!, count) }
        }
    }

    /// The numbers, ascending.
    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        for i in 0..<Self.words(for: bound) {
            var word = words[i]
            while word != 0 {
                body(i << 6 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }
}
