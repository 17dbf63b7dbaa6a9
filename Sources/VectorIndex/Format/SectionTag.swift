/// The four letters that name a section.
package struct SectionTag: Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ letters: StaticString) {
        precondition(letters.utf8CodeUnitCount == 4)
        rawValue = letters.withUTF8Buffer { letters in
            letters.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// Per node its code and its neighbours on level 0.
    static let rows = SectionTag("ROWS")
    /// The neighbours on the levels above.
    static let upper = SectionTag("UPPR")
    /// The vectors as added (of unit length under cosine), for exact scores.
    static let exact = SectionTag("EXCT")
    /// The callers' ids, by node.
    static let ids = SectionTag("IDS ")
    /// Positions in IDS, sorted by id.
    static let idOrder = SectionTag("IDOR")
    /// Where each node's ids start in IDS; only when equal vectors were collapsed.
    static let groups = SectionTag("GRPS")
    /// The mean that codes are relative to; only under squared Euclidean distance.
    static let center = SectionTag("CNTR")
    /// What slack gives what recall, as the builder measured it.
    static let calibration = SectionTag("CALB")
    /// Sample queries with their exact neighbours.
    static let selfTest = SectionTag("SELF")

    /// The labels, ascending; their text; and the positions in IDS that have them.
    static let labels = SectionTag("LBLS")
    static let labelText = SectionTag("LBLT")
    static let labelPostings = SectionTag("LBLP")

    /// How far the graph has grown since it was built as a whole; only when it has.
    static let growth = SectionTag("GROW")

    /// All that this version reads.
    static let known: Set<SectionTag> = [
        rows, upper, exact, ids, idOrder, groups, center, calibration, selfTest, labels, labelText, labelPostings,
        growth,
    ]

    /// What a file may have or not, whatever its header says.
    static let voluntary: Set<SectionTag> = [calibration, selfTest, labels, labelText, labelPostings, growth]

    package var description: String {
        let letters = (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (8 * UInt32($0))) }
        let readable = letters.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        guard readable else { return "0x" + String(rawValue, radix: 16) }
        return String(decoding: letters, as: UTF8.self).split(separator: " ").first.map(String.init) ?? "blank"
    }
}

/// One line of the section table.
package struct SectionEntry: Sendable, Equatable {
    package var tag: SectionTag
    package var version: UInt16 = 1
    /// A reader that does not know the tag may skip it.
    package var isOptional = false
    package var offset: UInt64 = 0
    package var length: UInt64 = 0
    /// Bytes per element.
    package var stride: UInt64 = 0
    package var crc32c: UInt32 = 0

    /// The first byte after the section's zero padding.
    var paddedEnd: UInt64? {
        let page = UInt64(IndexFormat.pageBytes)
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard !overflow, end <= UInt64(Int.max) - page else { return nil }
        return (end + page - 1) / page * page
    }
}
