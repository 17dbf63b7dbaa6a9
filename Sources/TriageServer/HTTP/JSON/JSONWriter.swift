import FoundationEssentials
import NIOCore
import Triage

/// Writes one JSON text straight into bytes: no intermediate tree, keys in the order they are written.
package struct JSONWriter {
    /// An array, whose appending is a store and a look at its capacity; a `ByteBuffer`'s is a call each.
    private var bytes: [UInt8] = []
    /// Whether the next member or element needs a comma before it.
    private var needsComma = false

    package init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    /// What has been written.
    package var buffer: ByteBuffer { ByteBuffer(bytes: bytes) }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
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
        bytes.append(open)
        needsComma = false
        content(&self)
        bytes.append(close)
        needsComma = true
    }

    package mutating func key(_ key: String) {
        separate()
        quoted(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    package mutating func value(_ value: String) {
        separate()
        quoted(value)
    }

    package mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func value(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// What JSON has no number for (infinities, NaN) is written as null.
    package mutating func value(_ value: Double) {
        separate()
        bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    }

    package mutating func value(_ value: Date) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        ISO8601.write(value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
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
        let utf8 = text.utf8Span.span
        // Without a way out of the loop, so that the compiler takes many bytes at a time. Most texts have none.
        var special = 0
        for index in utf8.indices where Self.isSpecial(utf8[index]) { special &+= 1 }
        bytes.append(UInt8(ascii: "\""))
        if special == 0 {
            bytes.append(contentsOf: text.utf8)
        } else {
            bytes.append(addingCapacity: utf8.count + special * (Self.escapeBytesMax - 1)) { output in
                for index in utf8.indices {
                    let byte = utf8[index]
                    if Self.isSpecial(byte) { Self.escape(byte, to: &output) } else { output.append(byte) }
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// `\u001f`
    private static let escapeBytesMax = 6

    private static func escape(_ byte: UInt8, to output: inout OutputSpan<UInt8>) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case UInt8(ascii: "\n"): output.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): output.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): output.append(UInt8(ascii: "t"))
        default:
            output.append(UInt8(ascii: "u"))
            output.append(UInt8(ascii: "0"))
            output.append(UInt8(ascii: "0"))
            output.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 0x0F
            output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
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
