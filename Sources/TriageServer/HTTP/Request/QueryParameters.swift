import FoundationEssentials
import Triage

/// The parameters of a query string: percent-decoded, `+` is a space, the last of several with one name counts.
package struct QueryParameters: Sendable {
    /// In the order they came, repeats included.
    package let pairs: [(name: String, value: String)]

    package init(_ query: String?) {
        pairs = (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return (Self.decoded(part), "") }
            return (Self.decoded(part[..<equals]), Self.decoded(part[part.index(after: equals)...]))
        }
    }

    package subscript(name: String) -> String? { pairs.last { $0.name == name }?.value }

    /// Nil when absent or empty: an empty filter filters nothing.
    package func filter(_ name: String) -> String? {
        guard let value = self[name], !value.isEmpty else { return nil }
        return value
    }

    /// Bytes that are no UTF-8 become U+FFFD; a `%` that begins no escape stands for itself.
    private static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            index = text.index(after: index)
            if byte == UInt8(ascii: "%"), let (value, end) = escape(in: text, at: index) {
                bytes.append(value)
                index = end
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escape(
        in text: Substring.UTF8View, at index: Substring.UTF8View.Index
    ) -> (UInt8, Substring.UTF8View.Index)? {
        let digits = text[index...].prefix(2)
        guard digits.count == 2, let first = digits.first.flatMap(HexDigit.value),
            let second = digits.dropFirst().first.flatMap(HexDigit.value)
        else { return nil }
        return (first << 4 | second, digits.endIndex)
    }

    /// `name=value&…` with everything but RFC 3986's unreserved characters escaped, and `+` for a space.
    package static func encoded(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x20: result += "+"
            default: result += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

/// Reads a list's filters and collects what is wrong with them, worded as django-filter words it.
package struct FilterFields {
    private let query: QueryParameters
    private var errors: [APIError.FieldError] = []

    package init(_ query: QueryParameters) { self.query = query }

    package func check() throws {
        if !errors.isEmpty { throw APIError.invalid(errors) }
    }

    private mutating func reject(_ name: String, _ message: String) {
        errors.append(.init(field: name, messages: [message]))
    }

    package mutating func choice<Choice: RawRepresentable<String>>(
        _ name: String, _: Choice.Type = Choice.self
    ) -> Choice? {
        guard let text = query.filter(name) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        reject(name, "Select a valid choice. \(text.prefix(100)) is not one of the available choices.")
        return nil
    }

    package mutating func choice(_ name: String, among choices: [String]) -> String? {
        guard let text = query.filter(name) else { return nil }
        if choices.contains(text) { return text }
        reject(name, "Select a valid choice. \(text.prefix(100)) is not one of the available choices.")
        return nil
    }

    /// - Parameter isName: whether it is a name, which has one spelling.
    package mutating func text(_ name: String, charactersMax: Int, isName: Bool = false) -> String? {
        guard let given = query.filter(name) else { return nil }
        let text = isName ? given.inOneSpelling : given
        let count = text.unicodeScalars.count
        if text.utf8.contains(0) {
            reject(name, BodyFields.Message.nullCharacters)
        } else if count > charactersMax {
            reject(name, "Ensure this value has at most \(charactersMax) characters (it has \(count)).")
        } else {
            return text
        }
        return nil
    }

    package mutating func date(_ name: String) -> Date? {
        guard let text = query.filter(name) else { return nil }
        if let date = ISO8601.date(text) { return date }
        reject(name, "Enter a valid date/time.")
        return nil
    }

    /// Nil when absent or wrong.
    package mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = query.filter(name) else { return nil }
        guard let number = Int(text) else {
            reject(name, "Enter a whole number.")
            return nil
        }
        if number < range.lowerBound {
            reject(name, "Ensure this value is greater than or equal to \(range.lowerBound).")
            return nil
        }
        if number > range.upperBound {
            reject(name, "Ensure this value is less than or equal to \(range.upperBound).")
            return nil
        }
        return number
    }

    package mutating func boolean(_ name: String) -> Bool? {
        guard let text = query.filter(name) else { return nil }
        switch text.lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default:
            reject(name, "Select a valid choice. \(text.prefix(100)) is not one of the available choices.")
            return nil
        }
    }
}
