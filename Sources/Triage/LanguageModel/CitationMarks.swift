/// The "[2]" and "[1, 3]" in a model's draft, which name passages by their number in the prompt.
///
/// A suggestion numbers its citations from 1 in the order in which it lists them, so the marks are renumbered: passages
/// come in the order in which the draft first names them, then those that the model only listed.
struct CitationMarks {
    /// The draft with its marks renumbered, each number in brackets of its own.
    let draft: String
    /// Numbers of the prompt's passages, in the new order.
    let passages: [Int]

    /// - Parameters:
    ///   - listed: numbers that the model gives as its citations, each in `1...passagesMax`.
    /// - Returns: nil when a mark names a passage that was not given.
    init?(draft original: String, listed: [Int], passagesMax: Int) {
        let pattern = /\[([0-9]{1,2}(?:[ ]?[,;][ ]?[0-9]{1,2})*)\]/
        let marks = original.matches(of: pattern).map { match in
            (range: match.range, numbers: match.output.1.split { !$0.isNumber }.compactMap { Int($0) })
        }
        var passages: [Int] = []
        for number in marks.flatMap(\.numbers) + listed where !passages.contains(number) {
            guard number >= 1, number <= passagesMax else { return nil }
            passages.append(number)
        }
        var draft = ""
        var end = original.startIndex
        for mark in marks {
            draft += original[end..<mark.range.lowerBound]
            for number in mark.numbers { draft += "[\((passages.firstIndex(of: number) ?? 0) + 1)]" }
            end = mark.range.upperBound
        }
        self.draft = draft + original[end...]
        self.passages = passages
    }
}
