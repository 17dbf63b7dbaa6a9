import Foundation

/// A shell session as a Markdown page shows it: commands behind `$ ` (continued behind `> `), then their output.
struct Transcript {
    struct Step: Equatable {
        var command: String
        var output: [String]
    }

    var steps: [Step] = []

    /// Reads every ```` ```console ```` block of a page, in order.
    init(markdown: String) {
        var inside = false
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                inside = line == "```console"
            } else if inside, line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2)), output: []))
            } else if inside, line.hasPrefix("> "), !steps.isEmpty {
                steps[steps.count - 1].command += "\n" + line.dropFirst(2)
            } else if inside, !steps.isEmpty {
                steps[steps.count - 1].output.append(String(line))
            }
        }
    }

    /// Whether the text is the pattern, in which `…` stands for anything, also nothing.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "…", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
        guard text.hasPrefix(first) else { return false }
        var rest = text.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}
