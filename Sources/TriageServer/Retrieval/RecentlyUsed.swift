/// Values by key that remember when each was used last, so that the one nobody has asked for the longest can go first.
package struct RecentlyUsed<Key: Hashable, Value> {
    private struct Slot {
        var value: Value
        var lastUse: UInt64
    }

    private var slots: [Key: Slot] = [:]
    private var uses: UInt64 = 0

    package init() {}

    package var count: Int { slots.count }
    package var keys: [Key] { Array(slots.keys) }
    package var values: [Value] { slots.values.map(\.value) }

    /// Reading or changing a value is no use of it. A new one counts as just used.
    package subscript(key: Key) -> Value? {
        get { slots[key]?.value }
        set {
            guard let newValue else {
                slots[key] = nil
                return
            }
            if slots[key] == nil { uses += 1 }
            slots[key] = Slot(value: newValue, lastUse: slots[key]?.lastUse ?? uses)
        }
    }

    /// The value, which has been asked for.
    package mutating func use(_ key: Key) -> Value? {
        uses += 1
        slots[key]?.lastUse = uses
        return slots[key]?.value
    }

    /// Takes out the least recently used of those that count and may go, until at most `countMax` count.
    ///
    /// - Complexity: O(count) for each that goes.
    package mutating func trim(to countMax: Int, counting: (Value) -> Bool, sparing: (Value) -> Bool) -> [Key] {
        var gone: [Key] = []
        var rest = slots.values.count { counting($0.value) }
        while rest > countMax {
            let candidates = slots.filter { counting($0.value.value) && !sparing($0.value.value) }
            guard let oldest = candidates.min(by: { $0.value.lastUse < $1.value.lastUse })?.key else { break }
            slots[oldest] = nil
            gone.append(oldest)
            rest -= 1
        }
        return gone
    }
}
