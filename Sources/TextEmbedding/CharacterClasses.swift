/// What the BERT normaliser does to one code point: the generated `UnicodeTables` spread out for lookup.
///
/// Built once a process on first use (about a millisecond, 0.8 MB); immutable afterwards.
struct CharacterClasses: Sendable {
    enum Class {
        /// A letter or digit of a word, as it is.
        case plain
        /// As if it had not been there: cleaned away, or an accent that decomposition has parted from its letter.
        case removed
        case space
        /// A word of its own.
        case punctuation
        /// Two or three parts take a Hangul syllable's place, by arithmetic.
        case hangul
        /// `parts` at these positions take its place.
        case replaced(Range<Int>)
    }

    /// One scalar of a replacement.
    struct Part {
        private let bits: UInt32

        init(bits: UInt32) { self.bits = bits }

        var scalar: Unicode.Scalar { Unicode.Scalar(bits & 0x1FFFFF) ?? "\u{FFFD}" }
        var isPunctuation: Bool { bits >> 21 == 1 }
    }

    static let bert = CharacterClasses()

    /// All that is not simply kept lies below, but for a few runs of removed characters and marks.
    private static let tableEnd: UInt32 = 0x30000
    private static let ideograph: UInt32 = 1 << 3

    /// Kind in bits 0–2, whether a word of its own in bit 3, position in `parts` from bit 8, their count from bit 24.
    private let entries: [UInt32]
    private let parts: [Part]

    private init() {
        var entries = [UInt32](repeating: 0, count: Int(Self.tableEnd))
        func mark(_ runs: [UInt32], as value: UInt32) {
            for (first, last) in Self.pairs(runs) where first < Self.tableEnd {
                for point in first...min(last, Self.tableEnd - 1) { entries[Int(point)] |= value }
            }
        }
        mark(UnicodeTables.removed, as: 1)
        mark(UnicodeTables.marks, as: 1)
        mark(UnicodeTables.spaces, as: 2)
        mark(UnicodeTables.punctuation, as: 3)
        mark([0xAC00, 0xD7A3], as: 4)
        mark(UnicodeTables.ideographs, as: Self.ideograph)

        var parts: [Part] = []
        var index = 0
        while index < UnicodeTables.replacements.count {
            let head = UnicodeTables.replacements[index]
            let count = Int(head >> 24)
            let kept = entries[Int(head & 0xFFFFFF)] & Self.ideograph
            entries[Int(head & 0xFFFFFF)] = 5 | kept | UInt32(parts.count) << 8 | UInt32(count) << 24
            parts += UnicodeTables.replacements[(index + 1)..<(index + 1 + count)].map(Part.init(bits:))
            index += 1 + count
        }
        precondition(parts.count < 1 << 16, "the position of a replacement takes 16 bits")
        self.entries = entries
        self.parts = parts
    }

    private static func pairs(_ runs: [UInt32]) -> [(first: UInt32, last: UInt32)] {
        stride(from: 0, to: runs.count, by: 2).map { (runs[$0], runs[$0 + 1]) }
    }

    /// The scalar's class, and whether it is an ideograph: a word of its own, whatever its class.
    ///
    /// - Complexity: O(1) below U+30000, a short scan above.
    func callAsFunction(_ scalar: Unicode.Scalar) -> (class: Class, isIdeograph: Bool) {
        guard scalar.value < Self.tableEnd else { return (Self.rare(scalar.value), false) }
        let entry = entries[Int(scalar.value)]
        let start = Int(entry >> 8 & 0xFFFF)
        let found: Class =
            switch entry & 7 {
            case 0: .plain
            case 1: .removed
            case 2: .space
            case 3: .punctuation
            case 4: .hangul
            default: .replaced(start..<start + Int(entry >> 24))
            }
        return (found, entry & Self.ideograph != 0)
    }

    func parts(_ range: Range<Int>) -> ArraySlice<Part> { parts[range] }

    private static func rare(_ point: UInt32) -> Class {
        func holds(_ runs: [UInt32]) -> Bool { pairs(runs).contains { $0.first <= point && point <= $0.last } }
        return holds(UnicodeTables.removed) || holds(UnicodeTables.marks) ? .removed : .plain
    }
}
