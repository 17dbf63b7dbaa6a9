/// A distance and a node in one signed number, so that one comparison orders by distance and then by node.
///
/// `ordered distance << 32 | node`; nodes are below 2³¹. The largest number stands for no node at all.
enum NodeKey {
    static let none = Int64.max

    @inline(__always)
    static func make(_ distance: Float, _ node: UInt32) -> Int64 {
        let bits = Int32(bitPattern: distance.bitPattern)
        return Int64(bits ^ (bits >> 31 & 0x7FFF_FFFF)) << 32 | Int64(node)
    }

    @inline(__always)
    static func node(_ key: Int64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

    /// - Returns: infinity for no node.
    @inline(__always)
    static func distance(_ key: Int64) -> Float {
        if key == none { return .infinity }
        let ordered = Int32(truncatingIfNeeded: key >> 32)
        return Float(bitPattern: UInt32(bitPattern: ordered ^ (ordered >> 31 & 0x7FFF_FFFF)))
    }
}

/// The smallest keys of many: a heap with the largest on top, in memory of the caller's.
struct SmallestKeys {
    let keys: UnsafeMutablePointer<Int64>
    let capacity: Int
    private(set) var count = 0

    init(keys: UnsafeMutablePointer<Int64>, capacity: Int) {
        self.keys = keys
        self.capacity = capacity
    }

    @inline(__always)
    var isFull: Bool { count == capacity }

    /// The largest that is kept. - Precondition: there is one.
    @inline(__always)
    var largest: Int64 { keys[0] }

    /// - Complexity: O(1) for most, O(log capacity) for those that are kept.
    @inline(__always)
    mutating func insert(_ key: Int64) {
        if count < capacity {
            var i = count
            count += 1
            while i > 0 {
                let parent = (i - 1) / 2
                if keys[parent] >= key { break }
                keys[i] = keys[parent]
                i = parent
            }
            keys[i] = key
        } else if key < keys[0] {
            var i = 0
            while true {
                var child = 2 * i + 1
                if child >= count { break }
                if child + 1 < count, keys[child + 1] > keys[child] { child += 1 }
                if keys[child] <= key { break }
                keys[i] = keys[child]
                i = child
            }
            keys[i] = key
        }
    }
}
