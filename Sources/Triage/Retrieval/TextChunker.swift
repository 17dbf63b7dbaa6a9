/// Cuts a document into passages small enough to embed whole and to quote.
///
/// Passages follow the text's own seams: paragraphs are packed together up to `charactersTarget`; a paragraph that is
/// too long is cut after a sentence, then after a word, and only then inside one. A Markdown heading starts a passage,
/// so that it stays with what it heads. Offsets count Unicode scalars, as Postgres and Python do.
public struct TextChunker: Sendable {
    /// A passage and where it stands in its document: `text` is exactly the scalars in `characters`.
    public struct Piece: Sendable, Equatable {
        public var text: String
        public var characters: Range<Int>
    }

    /// About 200 word pieces: the embedder reads 256.
    public var charactersTarget: Int
    public var charactersMax: Int

    public init(charactersTarget: Int = 800, charactersMax: Int = 1_000) {
        precondition(charactersTarget > 0 && charactersMax >= charactersTarget)
        self.charactersTarget = charactersTarget
        self.charactersMax = charactersMax
    }

    /// The passages in reading order; none for a text of white space.
    ///
    /// - Complexity: O(length of the text).
    public func chunks(of text: String) -> [Piece] {
        let scalars = Array(text.unicodeScalars)
        var pieces: [Piece] = []
        var open: Range<Int>?
        func close() {
            if let range = open, let piece = trimmed(range, of: scalars) { pieces.append(piece) }
            open = nil
        }
        for paragraph in paragraphs(of: scalars) {
            if scalars[paragraph.lowerBound] == "#" { close() }
            for part in parts(of: paragraph, in: scalars) {
                if let range = open, part.upperBound - range.lowerBound > charactersTarget,
                    !isHeading(range, in: scalars) || part.upperBound - range.lowerBound > charactersMax
                {
                    close()
                }
                open = (open?.lowerBound ?? part.lowerBound)..<part.upperBound
            }
        }
        close()
        return pieces
    }

    /// Runs of lines that are not blank; a heading line is a paragraph of its own.
    private func paragraphs(of scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        var lineStart = 0
        while lineStart < scalars.count {
            let lineEnd = scalars[lineStart...].firstIndex(of: "\n").map { $0 + 1 } ?? scalars.count
            let blank = scalars[lineStart..<lineEnd].allSatisfy(\.properties.isWhitespace)
            if blank || scalars[lineStart] == "#" {
                if let begun = start { result.append(begun..<lineStart) }
                start = nil
                if !blank { result.append(lineStart..<lineEnd) }
            } else if start == nil {
                start = lineStart
            }
            lineStart = lineEnd
        }
        if let begun = start { result.append(begun..<scalars.count) }
        return result
    }

    /// The paragraph whole, or cut into pieces of at most `charactersMax`.
    private func parts(of paragraph: Range<Int>, in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = paragraph.lowerBound
        while paragraph.upperBound - start > charactersMax {
            let window = start..<(start + charactersTarget)
            // In the window's second half, so that no piece is tiny.
            let half = window.lowerBound + charactersTarget / 2
            let cut =
                scalars[half..<window.upperBound].indices.last { isSentenceEnd($0, in: scalars) }
                ?? scalars[half..<window.upperBound].lastIndex { $0.properties.isWhitespace }
            let end = cut.map { $0 + 1 } ?? window.upperBound
            result.append(start..<end)
            start = end
        }
        if start < paragraph.upperBound { result.append(start..<paragraph.upperBound) }
        return result
    }

    private func isSentenceEnd(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        switch scalars[index] {
        case "\n", "。", "！", "？": true
        case ".", "!", "?", "…": index + 1 < scalars.count && scalars[index + 1].properties.isWhitespace
        default: false
        }
    }

    /// Whether the range holds nothing but a heading so far.
    private func isHeading(_ range: Range<Int>, in scalars: [Unicode.Scalar]) -> Bool {
        guard scalars[range.lowerBound] == "#" else { return false }
        let lineEnd = scalars[range].firstIndex(of: "\n") ?? range.upperBound
        return scalars[lineEnd..<range.upperBound].allSatisfy(\.properties.isWhitespace)
    }

    private func trimmed(_ range: Range<Int>, of scalars: [Unicode.Scalar]) -> Piece? {
        guard let first = scalars[range].firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars[range].lastIndex(where: { !$0.properties.isWhitespace })
        else { return nil }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[first...last])
        return Piece(text: String(text), characters: first..<(last + 1))
    }
}
