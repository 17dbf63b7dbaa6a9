extension String {
    /// Whether both are one text byte for byte, as Postgres compares them.
    ///
    /// `==` also holds between an "é" of one Unicode scalar and an "é" of two. They look alike, but are stored, counted and
    /// cited apart: what decides by `==` whether there is something to write loses what was sent.
    /// - Complexity: O(n)
    public func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}

extension Optional<String> {
    /// Whether both are nil, or one text byte for byte.
    public func hasSameBytes(as other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let text?, let other?): text.hasSameBytes(as: other)
        default: false
        }
    }
}
