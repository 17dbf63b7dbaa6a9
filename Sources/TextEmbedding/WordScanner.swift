/// Cuts text into normalised words as the uncased BERT tokenizer does, one scalar at a time.
///
/// Cleaned of control characters, ideographs apart, canonically decomposed, accents off, lower case, split at white
/// space and around punctuation. Marks are not put in canonical order, as no piece of the vocabulary has one of those
/// that are kept and could move: a word with them is unknown in any order. The state is one word, of which at most
/// `scalarsMax` scalars are kept, so memory is bounded whatever the text.
///
/// Source: the BERT normaliser and pre-tokenizer of Hugging Face tokenizers; `UnicodeTables` holds its data.
struct WordScanner {
    /// A longer word is unknown as a whole, so that what follows its first 100 scalars need not be kept.
    static let scalarsMax = 100

    /// A finished word.
    enum Word {
        /// The UTF-8 of at most `scalarsMax` scalars.
        case spelled([UInt8])
        case tooLong
    }

    private let classes = CharacterClasses.bert
    private var utf8: [UInt8] = []
    /// Of the word at hand, those that were not kept included.
    private var scalars = 0
    private(set) var words: [Word] = []

    init() { utf8.reserveCapacity(4 * Self.scalarsMax) }

    /// Takes the words finished so far.
    mutating func takeWords() -> [Word] {
        defer { words.removeAll(keepingCapacity: true) }
        return words
    }

    mutating func scan(_ scalar: Unicode.Scalar) {
        let (found, isIdeograph) = classes(scalar)
        if isIdeograph { finishWord() }
        switch found {
        case .plain: append(scalar)
        case .removed: break
        case .space: finishWord()
        case .punctuation: appendAlone(scalar)
        case .hangul: appendHangul(scalar.value)
        case .replaced(let range):
            for part in classes.parts(range) {
                if part.isPunctuation { appendAlone(part.scalar) } else { append(part.scalar) }
            }
        }
        if isIdeograph { finishWord() }
    }

    /// Ends the word at hand, if there is one.
    mutating func finishWord() {
        guard scalars > 0 else { return }
        words.append(scalars > Self.scalarsMax ? .tooLong : .spelled(utf8))
        utf8.removeAll(keepingCapacity: true)
        scalars = 0
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        scalars += 1
        if scalars <= Self.scalarsMax, let encoded = Unicode.UTF8.encode(scalar) { utf8.append(contentsOf: encoded) }
    }

    private mutating func appendAlone(_ scalar: Unicode.Scalar) {
        finishWord()
        append(scalar)
        finishWord()
    }

    private mutating func appendHangul(_ point: UInt32) {
        let syllable = point - 0xAC00
        let parts = [0x1100 + syllable / 588, 0x1161 + syllable % 588 / 28, 0x11A7 + syllable % 28]
        for part in syllable % 28 == 0 ? parts[..<2] : parts[...] {
            if let scalar = Unicode.Scalar(part) { append(scalar) }
        }
    }
}
