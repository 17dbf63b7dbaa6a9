import Triage

/// Reads one JSON text of a request, strictly (RFC 8259): UTF-8 only, no duplicate keys, no lone surrogates, bounded
/// depth, numbers within 64 bits. What two readers could understand differently is refused, not guessed.
package struct JSONParser {
    package enum Limits {
        /// Arrays and objects within each other.
        package static let depthMax = 64
        /// The same for all numbers, because JSON Schema, and many a reader, cannot tell `1e19` from a whole number.
        static let numberMax = 0x1p63
    }

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    /// - Complexity: O(bytes.count).
    package static func parse(_ bytes: [UInt8]) throws(JSONParseError) -> JSONValue {
        if let invalid = firstInvalidUTF8Offset(in: bytes) {
            throw JSONParseError("Invalid UTF-8", at: invalid, in: bytes)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw JSONParseError("Unexpected UTF-8 BOM (decode using utf-8-sig)", at: 0, in: bytes)
        }
        var parser = JSONParser(bytes: bytes)
        let value = try parser.value()
        parser.skipWhitespace()
        guard parser.offset == bytes.count else { throw parser.error("Extra data") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The offset of the first byte that begins no well-formed character, or nil when all is well formed.
    private static func firstInvalidUTF8Offset(in bytes: [UInt8]) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid(let encoded): offset += encoded.count
            case .emptyInput, .error: return offset
            }
        }
    }

    private func error(_ reason: String, at offset: Int? = nil) -> JSONParseError {
        JSONParseError(reason, at: offset ?? self.offset, in: bytes)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func value() throws(JSONParseError) -> JSONValue {
        skipWhitespace()
        switch next {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONParseError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONParseError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try number()
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        default: throw error("Expecting value")
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let word = Array("\(word)".utf8)
        guard bytes[offset...].starts(with: word) else { return false }
        offset += word.count
        return true
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONParseError) -> JSONValue
    ) throws(JSONParseError) -> JSONValue {
        guard depth < Limits.depthMax else { throw error("Nested deeper than \(Limits.depthMax)") }
        depth += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONParseError) -> JSONValue {
        offset += 1
        var members: [String: JSONValue] = [:]
        skipWhitespace()
        if next == UInt8(ascii: "}") {
            offset += 1
            return .object(members)
        }
        while true {
            skipWhitespace()
            let keyOffset = offset
            guard next == UInt8(ascii: "\"") else { throw error("Expecting property name enclosed in double quotes") }
            let key = try string()
            skipWhitespace()
            guard next == UInt8(ascii: ":") else { throw error("Expecting ':' delimiter") }
            offset += 1
            if let index = members.index(forKey: key) {
                // A dictionary cannot hold both, although Postgres could.
                let isRepeated = members[index].key.hasSameBytes(as: key)
                throw error(
                    isRepeated ? "Duplicate key" : "Key differs from an earlier one only in its Unicode normalization",
                    at: keyOffset)
            }
            members[key] = try value()
            skipWhitespace()
            switch next {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                return .object(members)
            default: throw error("Expecting ',' delimiter")
            }
        }
    }

    private mutating func array() throws(JSONParseError) -> JSONValue {
        offset += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if next == UInt8(ascii: "]") {
            offset += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipWhitespace()
            switch next {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                return .array(elements)
            default: throw error("Expecting ',' delimiter")
            }
        }
    }
}

extension JSONParser {
    private mutating func digits() throws(JSONParseError) {
        let start = offset
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        guard offset > start else { throw error("Expecting value") }
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = offset
        var isWhole = true
        if next == UInt8(ascii: "-") { offset += 1 }
        if next == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            isWhole = false
            offset += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole {
            guard let value = Int64(text) else { throw error("Integer out of range", at: start) }
            return .int(value)
        }
        guard let value = Double(text), value.magnitude <= Limits.numberMax else {
            throw error("Number out of range", at: start)
        }
        return .double(value)
    }

    private mutating func string() throws(JSONParseError) -> String {
        let opening = offset
        offset += 1
        var text = ""
        var pieceStart = offset
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let piece = String(decoding: bytes[pieceStart..<offset], as: UTF8.self)
                offset += 1
                return text.isEmpty ? piece : text + piece
            case UInt8(ascii: "\\"):
                text += String(decoding: bytes[pieceStart..<offset], as: UTF8.self)
                text.unicodeScalars.append(try escape())
                pieceStart = offset
            case 0..<0x20:
                throw error("Invalid control character at")
            default:
                offset += 1
            }
        }
        throw error("Unterminated string starting at", at: opening)
    }

    private mutating func escape() throws(JSONParseError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        guard let byte = next else { throw error("Unterminated string starting at", at: start) }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexUnit(from: start)
            if let scalar = Unicode.Scalar(unit) { return scalar }
            guard unit < 0xDC00, bytes[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                throw error("Lone surrogate", at: start)
            }
            offset += 2
            let low = try hexUnit(from: start)
            guard (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            else { throw error("Lone surrogate", at: start) }
            return scalar
        default: throw error("Invalid \\escape", at: start)
        }
    }

    /// Four hexadecimal digits.
    private mutating func hexUnit(from start: Int) throws(JSONParseError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = HexDigit.value(of: byte) else {
                throw error("Invalid \\uXXXX escape", at: start)
            }
            unit = unit << 4 | UInt32(digit)
            offset += 1
        }
        return unit
    }
}

/// A digit of base 16.
enum HexDigit {
    /// 0–15, or nil for a byte that is no digit.
    static func value(of ascii: UInt8) -> UInt8? {
        switch ascii {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): ascii - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): ascii - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): ascii - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
