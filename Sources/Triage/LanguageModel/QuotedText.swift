/// Text that somebody else wrote, made safe to stand inside a prompt's fence.
///
/// A fence alone does not hold: model servers read a prompt for their own control tokens wherever they stand (measured:
/// llama-server takes a ticket's `<|im_end|>` for the end of the message), so a ticket could close the message it is in
/// and open one of the system's. What looks like a control token is broken up by a space.
struct QuotedText {
    /// At most twice the bytes asked for, and the mark that says it was cut.
    let text: String

    /// - Parameters:
    ///   - bytesMax: of UTF-8. Bytes and not characters, because a model's tokens follow the bytes more closely, and
    ///     because one character can be thousands of combining marks.
    ///   - boundary: the fence's, which must not occur in the text.
    ///   - isOneLine: whether line breaks become spaces.
    init(_ original: String, bytesMax: Int, boundary: String, isOneLine: Bool = false) {
        let cut = Self.cut(original, to: bytesMax)
        var scalars = Array(cut.unicodeScalars)
        if isOneLine {
            for position in scalars.indices where scalars[position].properties.isWhitespace { scalars[position] = " " }
        }
        var quoted = String.UnicodeScalarView()
        for (position, scalar) in scalars.enumerated() {
            quoted.append(scalar)
            if Self.startsControlToken(scalars[position...]) { quoted.append(" ") }
        }
        let fenced = quoted.replacing(boundary.unicodeScalars, with: " ".unicodeScalars)
        text = Self.withoutCitationMarks(String(fenced)) + (cut.utf8.count < original.utf8.count ? " […]" : "")
    }

    private static func cut(_ text: String, to bytesMax: Int) -> Substring {
        guard text.utf8.count > bytesMax else { return text[...] }
        var end = text.utf8.index(text.startIndex, offsetBy: bytesMax)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end]
    }

    /// `<|im_end|>`, `</s>`, `<start_of_turn>`, `<<SYS>>`, `<｜User｜>`, `[INST]`, `[/INST]`, `[gMASK]`.
    private static func startsControlToken(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
        let rest = scalars.dropFirst()
        guard let next = rest.first else { return false }
        switch scalars.first {
        case "<": return next == "|" || next == "｜" || next == "/" || next == "<" || next == "[" || isNameScalar(next)
        case "[":
            let name = rest.drop { $0 == "/" }.prefix(tokenNameScalarsMax).prefix(while: isNameScalar)
            return rest.drop { $0 == "/" }.dropFirst(name.count).first == "]" && name.count { isUppercase($0) } >= 2
        default: return false
        }
    }

    private static let tokenNameScalarsMax = 40

    private static func isUppercase(_ scalar: Unicode.Scalar) -> Bool { ("A"..."Z").contains(scalar) }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        isUppercase(scalar) || ("a"..."z").contains(scalar) || scalar == "_"
    }

    /// "[1]" becomes "(1)": only a prompt's own numbers stand in brackets, so that a ticket cannot pose as a passage and
    /// a passage's own footnote is not copied as a citation.
    private static func withoutCitationMarks(_ text: String) -> String {
        text.replacing(/\[([0-9]{1,3})\]/.matchingSemantics(.unicodeScalar)) { "(\($0.output.1))" }
    }
}
