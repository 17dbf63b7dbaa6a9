import Testing
import Triage

@Suite("Chunks of a document")
struct TextChunkerTests {
    private let chunker = TextChunker(charactersTarget: 80, charactersMax: 100)

    /// Texts with every seam and none.
    static let texts = [
        "", "   \n\n ", "one", "# Heading\n\nBody under it.\n\n# Next\nMore.",
        String(repeating: "word ", count: 200), String(repeating: "x", count: 1_001),
        String(repeating: "A sentence here. ", count: 40), "line\n" + String(repeating: "日本語の文章。", count: 60),
        "e\u{301}a\u{308} " + String(repeating: "👩‍👩‍👧 ", count: 50), "a\r\nb\r\n\r\nc",
    ]

    @Test(arguments: texts)
    func piecesAreExactlyTheirScalars(text: String) {
        let scalars = Array(text.unicodeScalars)
        var end = 0
        for piece in chunker.chunks(of: text) {
            #expect(piece.characters.lowerBound >= end)
            #expect(piece.characters.upperBound <= scalars.count)
            #expect(Array(piece.text.unicodeScalars) == Array(scalars[piece.characters]))
            #expect(piece.characters.count <= 100)
            #expect(!piece.text.isEmpty)
            end = piece.characters.upperBound
        }
    }

    @Test(arguments: texts)
    func nothingButWhiteSpaceIsLeftOut(text: String) {
        var left = Array(text.unicodeScalars).map { Optional($0) }
        for piece in chunker.chunks(of: text) { for index in piece.characters { left[index] = nil } }
        #expect(left.compactMap { $0 }.allSatisfy { $0.properties.isWhitespace })
    }

    @Test func headingStaysWithWhatItHeads() {
        let text = "# First\n\n" + String(repeating: "a", count: 90) + "\n\n# Second\n\nshort"
        let pieces = chunker.chunks(of: text)
        #expect(pieces.count == 2)
        #expect(pieces.first?.text.hasPrefix("# First\n\na") == true)
        #expect(pieces.last?.text == "# Second\n\nshort")
    }

    @Test func longParagraphIsCutAfterSentences() {
        let pieces = chunker.chunks(of: String(repeating: "A sentence here. ", count: 40))
        #expect(pieces.count > 5)
        #expect(pieces.allSatisfy { $0.text.hasSuffix(".") })
    }
}
