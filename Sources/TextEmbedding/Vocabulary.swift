/// The word pieces of the model, as a trie over UTF-8 bytes: the longest piece at the start of a word in one walk.
///
/// Two tries share one table: pieces that begin a word, and those that continue one (`##` in the file).
/// Transitions are in an open-addressing table, about 100,000 for the 30,522 pieces (2 MB).
struct Vocabulary: Sendable {
    enum Special {
        static let unknown: Int32 = 100
        static let start: Int32 = 101
        static let end: Int32 = 102
    }

    static let piecesCount = 30_522
    private static let pieceBytesMax = 256

    /// Markers that stand for themselves when a text spells them out, as the reference tokenizer has it.
    static let markers: [(spelling: [Unicode.Scalar], id: Int32)] = [
        ("[PAD]", 0), ("[UNK]", Special.unknown), ("[CLS]", Special.start), ("[SEP]", Special.end), ("[MASK]", 103),
    ].map { (Array($0.0.unicodeScalars), $0.1) }

    private static let wordRoot: UInt32 = 0
    private static let continuationRoot: UInt32 = 1

    /// node << 8 | byte, plus one so that zero means empty.
    private var keys: [UInt32]
    private var targets: [UInt32]
    private let mask: Int
    /// For each node the piece that ends there, or -1.
    private var pieceAt: [Int32] = [-1, -1]

    /// Reads `vocab.txt`: one piece a line, its number the line's, every line ended by a line feed.
    init(file: MappedFile) throws(TextEmbeddingError) {
        func malformed(_ problem: String) -> TextEmbeddingError {
            TextEmbeddingError(.malformedVocabulary, file: file.path, problem)
        }
        let capacity = 1 << 18
        keys = Array(repeating: 0, count: capacity)
        targets = Array(repeating: 0, count: capacity)
        mask = capacity - 1

        var lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true else { throw malformed("is cut short: its last line has no end") }
        guard lines.count == Self.piecesCount else {
            throw malformed("has \(lines.count) lines where this model has \(Self.piecesCount) pieces")
        }
        for (number, line) in lines.enumerated() {
            let continues = line.starts(with: "##".utf8) && line.count > 2
            let spelling = continues ? line.dropFirst(2) : line
            guard !spelling.isEmpty, spelling.count <= Self.pieceBytesMax else {
                throw malformed("has a piece of \(spelling.count) bytes in line \(number + 1)")
            }
            guard pieceAt.count + spelling.count < capacity / 2 else {
                throw malformed("has more letters than the real one, in line \(number + 1)")
            }
            var node = continues ? Self.continuationRoot : Self.wordRoot
            for byte in spelling { node = extend(node, byte) }
            guard pieceAt[Int(node)] < 0 else { throw malformed("has the piece of line \(number + 1) twice") }
            pieceAt[Int(node)] = Int32(number)
        }
        for marker in Self.markers {
            let spelling = String(String.UnicodeScalarView(marker.spelling))
            guard longestPiece(in: Array(spelling.utf8)[...], continuing: false)?.id == marker.id else {
                throw malformed("does not have \(spelling) in line \(marker.id + 1)")
            }
        }
    }

    /// The longest piece that `word` starts with, and the bytes it takes; nil when there is none.
    ///
    /// - Complexity: O(length of the piece).
    func longestPiece(in word: ArraySlice<UInt8>, continuing: Bool) -> (id: Int32, bytes: Int)? {
        var node = continuing ? Self.continuationRoot : Self.wordRoot
        var best: (id: Int32, bytes: Int)?
        var length = 0
        for byte in word {
            guard let next = child(of: node, byte) else { break }
            node = next
            length += 1
            if pieceAt[Int(node)] >= 0 { best = (pieceAt[Int(node)], length) }
        }
        return best
    }

    private func slot(_ key: UInt32) -> Int {
        var slot = Int(truncatingIfNeeded: (UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
        return slot
    }

    private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
        let slot = slot((node << 8 | UInt32(byte)) + 1)
        return keys[slot] == 0 ? nil : targets[slot]
    }

    private mutating func extend(_ node: UInt32, _ byte: UInt8) -> UInt32 {
        let key = (node << 8 | UInt32(byte)) + 1
        let slot = slot(key)
        if keys[slot] == 0 {
            keys[slot] = key
            targets[slot] = UInt32(pieceAt.count)
            pieceAt.append(-1)
        }
        return targets[slot]
    }
}
