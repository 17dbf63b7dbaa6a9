/// Cuts a passage into the units that a reply quotes: sentences, list items, one line each.
public struct SentenceSplitter: Sendable {
    public init() {}

    /// Headings, quotation marks of replies and table rules are left out; Markdown marks are taken off.
    public func sentences(of passage: String) -> [String] {
        var result: [String] = []
        var paragraph = ""
        func flush() {
            result.append(contentsOf: Self.split(paragraph))
            paragraph = ""
        }
        for line in passage.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = Self.trim(line)
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.allSatisfy({ "-|=: ".contains($0) }) {
                flush()
            } else if let item = Self.listItem(trimmed) {
                flush()
                paragraph = item
            } else {
                paragraph += (paragraph.isEmpty ? "" : " ") + trimmed
            }
        }
        flush()
        return result
    }

    private static func split(_ paragraph: String) -> [String] {
        var result: [String] = []
        var sentence = ""
        let characters = Array(plain(paragraph))
        for (index, character) in characters.enumerated() {
            sentence.append(character)
            let atEnd = index + 1 == characters.count
            let breaks =
                "。！？".contains(character)
                || ".!?".contains(character) && !atEnd && characters[index + 1] == " " && !isAbbreviation(sentence)
            if breaks || atEnd {
                let text = trim(sentence)
                if text.contains(where: \.isLetter) { result.append(text) }
                sentence = ""
            }
        }
        return result
    }

    /// "e.g.", "No.", "1." end no sentence.
    private static func isAbbreviation(_ sentence: String) -> Bool {
        let last = sentence.split(separator: " ").last.map { $0.lowercased() } ?? ""
        return ["e.g.", "i.e.", "etc.", "no.", "vs.", "mr.", "mrs.", "ms.", "dr.", "approx."].contains(last)
            || last.dropLast().allSatisfy(\.isNumber)
    }

    private static func listItem(_ line: String) -> String? {
        for mark in ["- ", "* ", "• ", "> "] where line.hasPrefix(mark) { return trim(line.dropFirst(mark.count)) }
        let digits = line.prefix(while: \.isNumber)
        let rest = line.dropFirst(digits.count)
        if !digits.isEmpty, digits.count <= 2, rest.hasPrefix(". ") || rest.hasPrefix(") ") {
            return trim(rest.dropFirst(2))
        }
        return nil
    }

    /// Without the marks of emphasis, code and links.
    private static func plain(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case "`": continue
            // Emphasis hugs its words; an asterisk between blanks is one.
            case "*" where result.last.map(\.isWhitespace) != true || rest.first?.isWhitespace != true: continue
            case "[":
                if let close = rest.firstIndex(of: "]"), rest[close...].dropFirst().first == "(",
                    let end = rest[close...].firstIndex(of: ")")
                {
                    result += rest[..<close]
                    rest = rest[end...].dropFirst()
                } else {
                    result.append(character)
                }
            default: result.append(character)
            }
        }
        return result
    }

    private static func trim(_ text: some StringProtocol) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
