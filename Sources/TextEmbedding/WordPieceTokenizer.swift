/// Text to the model's token ids: WordPiece, uncased.
///
/// Source: BertTokenizerFast of Hugging Face, whose ids it reproduces, including that a text that spells out a marker
/// such as `[SEP]` gets the marker.
struct WordPieceTokenizer: Sendable {
    /// What the model was trained with, its two markers included.
    static let tokensMax = 256

    let vocabulary: Vocabulary

    /// Starts with 101, ends with 102, and has at most `tokensMax` ids.
    ///
    /// - Complexity: O(text), and no further into the text than the ids go.
    func tokenIDs(_ text: String) -> [Int32] {
        var ids: [Int32] = [Vocabulary.Special.start]
        let scalars = text.unicodeScalars
        var scanner = WordScanner()
        var index = scalars.startIndex
        while index < scalars.endIndex, ids.count < Self.tokensMax - 1 {
            let scalar = scalars[index]
            if scalar == "[", let marker = Self.marker(at: index, in: scalars) {
                scanner.finishWord()
                append(scanner.takeWords(), to: &ids)
                ids.append(marker.id)
                index = marker.end
                continue
            }
            scanner.scan(scalar)
            if !scanner.words.isEmpty { append(scanner.takeWords(), to: &ids) }
            index = scalars.index(after: index)
        }
        scanner.finishWord()
        append(scanner.takeWords(), to: &ids)
        ids.removeLast(max(0, ids.count - (Self.tokensMax - 1)))
        ids.append(Vocabulary.Special.end)
        return ids
    }

    private static func marker(
        at index: String.Index, in scalars: String.UnicodeScalarView
    ) -> (id: Int32, end: String.Index)? {
        let rest = scalars[index...]
        for marker in Vocabulary.markers where rest.starts(with: marker.spelling) {
            return (marker.id, scalars.index(index, offsetBy: marker.spelling.count))
        }
        return nil
    }

    /// Greedy: the longest piece first, then the longest continuation; a word that cannot be covered is unknown as a
    /// whole.
    private func append(_ words: [WordScanner.Word], to ids: inout [Int32]) {
        for word in words {
            guard case .spelled(let utf8) = word else {
                ids.append(Vocabulary.Special.unknown)
                continue
            }
            let before = ids.count
            var rest = utf8[...]
            while !rest.isEmpty {
                guard let piece = vocabulary.longestPiece(in: rest, continuing: ids.count > before) else {
                    ids.removeLast(ids.count - before)
                    ids.append(Vocabulary.Special.unknown)
                    break
                }
                ids.append(piece.id)
                rest = rest.dropFirst(piece.bytes)
            }
        }
    }
}
