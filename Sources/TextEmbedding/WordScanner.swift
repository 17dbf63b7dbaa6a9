/// Cuts text into normalised words as the uncased BERT tokenizer does, one scalar at a time.
///
/// Cleaned of control characters, ideographs apart, canonically decomposed and reordered, accents off, lower case, split at
/// white space and around punctuation. The state is one word: at most `scalarsMax` scalars of it are kept, so memory is
/// bounded whatever the text.
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
    private var scalars = 0
    /// Marks that canonical ordering has still to put in order, in the text's order.
    private var pending: [CharacterClasses.Part] = []
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
        case .removed, .mark: break
        case .space: finishWord()
        case .punctuation: appendAlone(scalar)
        case .barrier: settle()
        case .hangul: appendHangul(scalar.value)
        case .replaced(let range):
            for part in classes.parts(range) { append(part) }
        }
        if isIdeograph { finishWord() }
    }

    /// Ends the word at hand, if there is one.
    mutating func finishWord() {
        settle()
        guard scalars > 0 else { return }
        words.append(scalars > Self.scalarsMax ? .tooLong : .spelled(utf8))
        utf8.removeAll(keepingCapacity: true)
        scalars = 0
    }

    private mutating func append(_ part: CharacterClasses.Part) {
        if part.isBarrier {
            settle()
        } else if part.isPunctuation {
            appendAlone(part.scalar)
        } else if part.combiningClass == 0 {
            append(part.scalar)
        } else if scalars + pending.count <= Self.scalarsMax {
            pending.append(part)
        }
    }

    /// A starter, which ends a row of marks.
    private mutating func append(_ scalar: Unicode.Scalar) {
        settle()
        keep(scalar)
    }

    private mutating func appendAlone(_ scalar: Unicode.Scalar) {
        finishWord()
        keep(scalar)
        finishWord()
    }

    private mutating func appendHangul(_ point: UInt32) {
        let syllable = point - 0xAC00
        let parts = [0x1100 + syllable / 588, 0x1161 + syllable % 588 / 28, 0x11A7 + syllable % 28]
        for part in syllable % 28 == 0 ? parts[..<2] : parts[...] {
            if let scalar = Unicode.Scalar(part) { append(scalar) }
        }
    }

    /// Puts a row of marks in canonical order: a stable sort by class.
    private mutating func settle() {
        guard !pending.isEmpty else { return }
        for part in pending.sorted(by: { $0.combiningClass < $1.combiningClass }) { keep(part.scalar) }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func keep(_ scalar: Unicode.Scalar) {
        scalars += 1
        if scalars <= Self.scalarsMax { utf8.append(contentsOf: Unicode.UTF8.encode(scalar).unsafelyUnwrapped) }
    }
}
