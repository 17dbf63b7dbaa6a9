/// Where and why a text is not JSON that this API takes. Worded as Python's `json` and Django REST Framework do, so
/// that clients that show or match those messages keep working.
package struct JSONParseError: Error, Equatable {
    package var reason: String
    /// From 1.
    package var line: Int
    /// From 1, in characters.
    package var column: Int
    /// From 0, in characters.
    package var character: Int

    /// - Parameter offset: a byte offset at a character boundary of `bytes`.
    /// - Complexity: O(offset).
    init(_ reason: String, at offset: Int, in bytes: [UInt8]) {
        self.reason = reason
        line = 1
        character = 0
        var lineStart = 0
        for byte in bytes.prefix(offset) where byte & 0xC0 != 0x80 {
            character += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                lineStart = character
            }
        }
        column = character - lineStart + 1
    }

    /// The `detail` of the 400 answer.
    package var detail: String { "JSON parse error - \(reason): line \(line) column \(column) (char \(character))" }
}
