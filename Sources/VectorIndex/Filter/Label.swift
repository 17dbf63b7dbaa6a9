/// What an id is marked with, for filtered searches: a field (organisation, language, team, …) and its value. An id may
/// have any number of labels, also several of one field.
public struct Label: Sendable, Hashable, Comparable {
    public var field: String
    public var value: String

    /// Bytes of UTF-8 that a field may have, and a value.
    public static let bytesMax = 1024

    public init(_ field: String, _ value: String) {
        self.field = field
        self.value = value
    }

    /// By the bytes of the field and then of the value: an order that does not depend on the version of Unicode.
    public static func < (left: Label, right: Label) -> Bool {
        left.field.utf8.elementsEqual(right.field.utf8)
            ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
            : left.field.utf8.lexicographicallyPrecedes(right.field.utf8)
    }

    /// By bytes, too: canonically equivalent spellings are different labels.
    public static func == (left: Label, right: Label) -> Bool {
        left.field.utf8.elementsEqual(right.field.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in field.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
        for byte in value.utf8 { hasher.combine(byte) }
    }

    func check() throws(VectorIndexError) {
        for part in [field, value] where part.utf8.count > Self.bytesMax {
            throw VectorIndexError(
                .invalidParameter, "a label's field or value has \(part.utf8.count) bytes",
                remedy: "Use at most \(Self.bytesMax) bytes of UTF-8 each.")
        }
        guard !field.isEmpty else {
            throw VectorIndexError(.invalidParameter, "a label has no field", remedy: "Name the field.")
        }
    }
}
