/// A text's words, folded for comparison, so that rules can look for whole words and phrases.
public struct FoldedWords: Sendable {
    public let words: [String]
    private let joined: String

    public init(_ text: String) {
        words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        joined = " " + words.joined(separator: " ") + " "
    }

    /// Whether the word or phrase stands in the text as a whole, regardless of case and punctuation.
    public func contains(_ phrase: String) -> Bool {
        let folded = FoldedWords.fold(phrase)
        return !folded.isEmpty && joined.contains(" " + folded + " ")
    }

    private static func fold(_ phrase: String) -> String {
        phrase.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
    }
}

extension RoutingRule {
    /// The rule's keywords that the text has.
    public func matches(in words: FoldedWords) -> [String] { keywords.filter(words.contains) }
}
