/// Drafts a reply by quoting the passages that answer best, each sentence with its source: nothing is invented.
///
/// From each of the best passages it takes the run of neighbouring sentences that shares most of the ticket's rarer
/// words (a word counts the less the more passages have it), because instructions make sense only in sequence.
public struct ReplyDrafter: Sendable {
    public struct Draft: Sendable, Equatable {
        public var text: String
        /// The passages quoted, in the order of their numbers [1], [2] …
        public var cited: [Passage]
    }

    public var passagesMax = 2
    public var sentencesPerPassageMax = 4
    public var quotedCharactersMax = 600
    /// A second passage must share at least this part of what the first one shares.
    public var secondShareMin = 0.75

    public init() {}

    public func draft(ticketText: String, team: String?, passages: [Passage]) -> Draft {
        let asked = Set(Self.terms(of: ticketText))
        let passageTerms = passages.map { Set(Self.terms(of: $0.documentTitle + " " + $0.text)) }
        var weights: [String: Double] = [:]
        for term in asked {
            let holders = passageTerms.count { $0.contains(term) }
            if holders > 0 { weights[term] = logarithm(1 + Double(passages.count) / Double(holders)) }
        }

        var cited: [Passage] = []
        var paragraphs: [String] = []
        var first = 0.0
        for (position, passage) in passages.enumerated() where cited.count < passagesMax {
            guard let run = bestRun(of: passage, weights: weights) else { continue }
            // Retrieval's own order breaks what word counts cannot.
            let worth = run.worth + 0.5 / Double(position + 1)
            if cited.isEmpty { first = worth } else if worth < first * secondShareMin { continue }
            cited.append(passage)
            let mark = " [\(cited.count)]"
            paragraphs.append(run.sentences.map { $0 + mark }.joined(separator: " "))
        }

        let owner = team.map { "our \($0) team" } ?? "a colleague"
        if cited.isEmpty {
            let text = """
                Hello,

                thank you for writing to us. We have received your message and \(owner) will look into it and get back \
                to you.

                Kind regards
                """
            return Draft(text: text, cited: [])
        }
        let sources = cited.enumerated().map { "[\($0.offset + 1)] \($0.element.documentTitle)" }
        let text = """
            Hello,

            thank you for writing to us. This should help:

            \(paragraphs.joined(separator: "\n\n"))

            If this does not solve it, just reply to this message and \(owner) will take a closer look.

            Kind regards

            \(sources.joined(separator: "\n"))
            """
        return Draft(text: text, cited: cited)
    }

    private func bestRun(of passage: Passage, weights: [String: Double]) -> (sentences: [String], worth: Double)? {
        // A sentence with {{something to fill in}} belongs to a canned reply and says nothing by itself.
        let sentences = SentenceSplitter().sentences(of: passage.text).filter { !$0.contains("{{") }
        guard !sentences.isEmpty else { return nil }
        let terms = sentences.map { Set(Self.terms(of: $0)) }
        var best: (sentences: [String], worth: Double, density: Double)?
        for start in sentences.indices {
            var seen: Set<String> = []
            var length = 0
            for end in start..<min(start + sentencesPerPassageMax, sentences.count) {
                length += sentences[end].count
                if length > quotedCharactersMax && end > start { break }
                seen.formUnion(terms[end])
                let worth = seen.reduce(0) { $0 + (weights[$1] ?? 0) }
                // A longer run must earn its length.
                let density = worth - 0.7 * Double(end - start)
                if best == nil || density > best!.density + 1e-9 {
                    best = (Array(sentences[start...end]), worth, density)
                }
            }
        }
        return best.map { ($0.sentences, $0.worth) }
    }

    /// Words of three letters and more, cut to a crude stem, without the commonest of English.
    static func terms(of text: String) -> [String] {
        FoldedWords(text).words.compactMap { word in
            guard word.count >= 3, !commonWords.contains(word) else { return nil }
            var stem = word[...]
            for ending in ["ing", "ies", "ed", "es", "s"] where stem.hasSuffix(ending) && stem.count > ending.count + 3
            {
                stem = stem.dropLast(ending.count)
                break
            }
            return String(stem)
        }
    }

    private static let commonWords: Set<String> = [
        "about", "after", "all", "also", "and", "any", "are", "because", "been", "but", "can", "cannot", "could", "did",
        "does", "for", "from", "get", "got", "had", "has", "have", "hello", "help", "her", "him", "his", "how", "its",
        "just", "like", "more", "not", "now", "off", "one", "only", "our", "out", "please", "she", "should", "some",
        "thank", "thanks", "that", "the", "their", "them", "then", "there", "they", "this", "was", "were", "what",
        "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
    ]
}
