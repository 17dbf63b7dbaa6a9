/// The nearest nodes seen so far, sorted, each marked when its neighbours have been looked at: the beam of a graph
/// search.
///
/// A key is `distance << 32 | node << 1 | expanded`, so that one comparison orders by distance and then by node. The
/// memory is the scratch space's; a list is a view that lives for one search.
struct BestList {
    private let keys: UnsafeMutablePointer<UInt64>
    private let capacity: Int
    private(set) var count = 0
    /// No unexpanded key stands before it.
    private var cursor = 0

    init(keys: UnsafeMutablePointer<UInt64>, capacity: Int) {
        self.keys = keys
        self.capacity = capacity
    }

    /// Orders like the float does, NaN included.
    @inline(__always)
    static func ordered(_ distance: Float) -> UInt32 {
        let bits = distance.bitPattern
        return bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000)
    }

    @inline(__always)
    static func ordered(_ distance: Int32) -> UInt32 { UInt32(bitPattern: distance) ^ 0x8000_0000 }

    @inline(__always)
    static func key(_ ordered: UInt32, _ node: UInt32) -> UInt64 { UInt64(ordered) << 32 | UInt64(node) << 1 }

    @inline(__always)
    static func node(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) >> 1 }

    /// The distance, as `ordered(_: Int32)` took it.
    @inline(__always)
    static func distance(_ key: UInt64) -> Int32 {
        Int32(bitPattern: UInt32(truncatingIfNeeded: key >> 32) ^ 0x8000_0000)
    }

    @inline(__always)
    subscript(index: Int) -> UInt64 { keys[index] }

    /// Keeps the key when it is among the best. - Complexity: O(capacity), usually a few moves.
    @inline(__always)
    mutating func insert(_ key: UInt64) {
        if count == capacity {
            guard key < keys[count - 1] else { return }
        } else {
            count += 1
        }
        var i = count - 1
        while i > 0, keys[i - 1] > key {
            keys[i] = keys[i - 1]
            i -= 1
        }
        keys[i] = key
        if i < cursor { cursor = i }
    }

    /// The best node that was not expanded yet, which is marked; nil when there is none.
    @inline(__always)
    mutating func expandNext() -> UInt32? {
        while cursor < count {
            let key = keys[cursor]
            if key & 1 == 0 {
                keys[cursor] = key | 1
                cursor += 1
                return Self.node(key)
            }
            cursor += 1
        }
        return nil
    }
}
