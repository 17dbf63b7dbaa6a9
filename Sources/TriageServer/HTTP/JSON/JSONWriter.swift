import FoundationEssentials
import NIOCore
import Triage

/// Writes one JSON text straight into a byte buffer: no intermediate tree, keys in the order they are written.
package struct JSONWriter {
    package private(set) var buffer: ByteBuffer
    /// Whether the next member or element needs a comma before it.
    private var needsComma = false

    package init(capacity: Int = 1024) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

    private mutating func separate() {
        if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
        needsComma = true
    }

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        nested(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    package mutating func array(_ elements: (inout JSONWriter) -> Void) {
        separate()
        nested(UInt8(ascii: "["), UInt8(ascii: "]"), elements)
    }

    private mutating func nested(_ open: UInt8, _ close: UInt8, _ content: (inout JSONWriter) -> Void) {
        buffer.writeInteger(open)
        needsComma = false
        content(&self)
        buffer.writeInteger(close)
        needsComma = true
    }

    package mutating func key(_ key: String) {
        separate()
        quoted(key)
        buffer.writeInteger(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() {
        separate()
        buffer.writeStaticString("null")
    }

    package mutating func value(_ value: String) {
        separate()
        quoted(value)
    }

    package mutating func value(_ value: Bool) {
        separate()
        if value { buffer.writeStaticString("true") } else { buffer.writeStaticString("false") }
    }

    package mutating func value(_ value: some BinaryInteger) {
        separate()
        buffer.writeString(String(value))
    }

    /// What JSON has no number for (infinities, NaN) is written as null.
    package mutating func value(_ value: Double) {
        separate()
        if value.isFinite { buffer.writeString(value.description) } else { buffer.writeStaticString("null") }
    }

    package mutating func value(_ value: Date) {
        separate()
        buffer.writeInteger(UInt8(ascii: "\""))
        ISO8601.write(value, to: &buffer)
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    package mutating func value<Entity>(_ value: Identifier<Entity>) { self.value(value.rawValue) }

    /// Members of objects are written in the order of their keys, so that equal values are equal bytes.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): self.value(value)
        case .int(let value): self.value(value)
        case .double(let value): self.value(value)
        case .string(let value): self.value(value)
        case .array(let elements):
            array { json in for element in elements { json.value(element) } }
        case .object(let members):
            object { json in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(key)
                    json.value(value)
                }
            }
        }
    }

    private mutating func quoted(_ text: String) {
        buffer.writeInteger(UInt8(ascii: "\""))
        var pieceStart = text.utf8.startIndex
        var index = pieceStart
        while index != text.utf8.endIndex {
            let byte = text.utf8[index]
            let following = text.utf8.index(after: index)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                buffer.writeSubstring(text[pieceStart..<index])
                escape(byte)
                pieceStart = following
            }
            index = following
        }
        if pieceStart == text.utf8.startIndex {
            buffer.writeString(text)
        } else {
            buffer.writeSubstring(text[pieceStart...])
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
        case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
        case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
        default:
            buffer.writeStaticString(byte < 0x10 ? "\\u000" : "\\u001")
            buffer.writeString(String(byte & 0x0F, radix: 16))
        }
    }
}

/// What an answer can contain: a type that knows its shape in the contract.
package protocol JSONRepresentable {
    func write(to json: inout JSONWriter)
}

extension JSONWriter {
    package mutating func value(_ value: some JSONRepresentable) { value.write(to: &self) }

    package mutating func field(_ name: String, _ value: String) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: Bool) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: Int) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: Double) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: Date) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: JSONValue) {
        key(name)
        self.value(value)
    }

    package mutating func field<Entity>(_ name: String, _ value: Identifier<Entity>) {
        key(name)
        self.value(value)
    }

    package mutating func field(_ name: String, _ value: some JSONRepresentable) {
        key(name)
        value.write(to: &self)
    }

    package mutating func field(_ name: String, _ values: [some JSONRepresentable]) {
        key(name)
        array { json in for value in values { value.write(to: &json) } }
    }

    package mutating func field(_ name: String, _ value: String?) { optional(name, value) { $0.value($1) } }
    package mutating func field(_ name: String, _ value: Double?) { optional(name, value) { $0.value($1) } }
    package mutating func field(_ name: String, _ value: Date?) { optional(name, value) { $0.value($1) } }
    package mutating func field<Entity>(_ name: String, _ value: Identifier<Entity>?) {
        optional(name, value) { $0.value($1) }
    }

    private mutating func optional<Value>(
        _ name: String, _ value: Value?, _ write: (inout JSONWriter, Value) -> Void
    ) {
        key(name)
        if let value { write(&self, value) } else { null() }
    }
}
