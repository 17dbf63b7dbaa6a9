/// A Swift file, with code, comments and string literals told apart line by line.
///
/// A scanner, not a parser: it knows comments (nested too), string literals (multi-line and raw too) and takes what
/// is interpolated into a literal as part of the literal.
struct SwiftSource {
    struct Line: Equatable {
        /// Without comments, and with nothing between a literal's quotes.
        var code = ""
        var comment = ""
        /// The pieces of string literals that stand on this line.
        var literals: [String] = []
    }

    var file: String
    var lines: [Line]

    init(file: String, text: String) {
        self.file = file
        var scanner = Scanner(text: Array(text))
        lines = scanner.run()
    }
}

private struct Scanner {
    let text: [Character]
    var position = 0
    var lines = [SwiftSource.Line()]
    var literal = ""

    init(text: [Character]) { self.text = text }

    mutating func run() -> [SwiftSource.Line] {
        while position < text.count {
            if follows("//") {
                while position < text.count, !text[position].isNewline { take(\.comment) }
            } else if follows("/*") {
                blockComment()
            } else if let hashes = rawQuote() {
                string(hashes: hashes)
            } else {
                take(\.code)
            }
        }
        return lines
    }

    func follows(_ word: String, at offset: Int = 0) -> Bool {
        let start = position + offset
        return start + word.count <= text.count && text[start..<start + word.count].elementsEqual(word)
    }

    /// Adds one character to the current line, or begins the next one.
    mutating func take(_ part: WritableKeyPath<SwiftSource.Line, String>) {
        let character = text[position]
        position += 1
        if character.isNewline {
            lines.append(SwiftSource.Line())
        } else {
            lines[lines.count - 1][keyPath: part].append(character)
        }
    }

    mutating func blockComment() {
        var depth = 0
        repeat {
            if follows("/*") { depth += 1 } else if follows("*/") { depth -= 1 }
            let isMark = follows("/*") || follows("*/")
            take(\.comment)
            if isMark { take(\.comment) }
        } while depth > 0 && position < text.count
    }

    /// The number of # before a quote that begins here; nil when none does.
    func rawQuote() -> Int? {
        var hashes = 0
        while position + hashes < text.count, text[position + hashes] == "#" { hashes += 1 }
        return follows("\"", at: hashes) ? hashes : nil
    }

    mutating func string(hashes: Int) {
        for _ in 0..<hashes { take(\.code) }
        let quote = follows("\"\"\"") ? "\"\"\"" : "\""
        for _ in quote { take(\.code) }
        let end = quote + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        while position < text.count, !follows(end) {
            if follows(escape + "(") {
                literal += escape
                position += escape.count
                interpolation()
            } else if follows(escape) {
                for _ in 0...escape.count where position < text.count { takeLiteral() }
            } else {
                if quote.count == 1, text[position].isNewline { break }
                takeLiteral()
            }
        }
        closeLiteral()
        for _ in end where position < text.count && !text[position].isNewline { take(\.code) }
    }

    /// What stands in the parentheses, up to the one that closes them; literals inside may hold parentheses too.
    mutating func interpolation() {
        var depth = 0
        repeat {
            if text[position] == "(" { depth += 1 }
            if text[position] == ")" { depth -= 1 }
            if text[position] == "\"" {
                takeLiteral()
                while position < text.count, text[position] != "\"", !text[position].isNewline { takeLiteral() }
                if position < text.count { takeLiteral() }
            } else {
                takeLiteral()
            }
        } while depth > 0 && position < text.count
    }

    mutating func takeLiteral() {
        let character = text[position]
        position += 1
        if character.isNewline {
            closeLiteral()
            lines.append(SwiftSource.Line())
        } else {
            literal.append(character)
        }
    }

    mutating func closeLiteral() {
        if !literal.isEmpty { lines[lines.count - 1].literals.append(literal) }
        literal = ""
    }
}
