/// A JSON object (RFC 8259) in the order of its making.
struct JSONObject: CustomStringConvertible {
    private var fields: [String] = []

    mutating func add(_ key: String, _ value: String) { addRaw(key, Self.literal(value)) }
    mutating func add(_ key: String, _ value: UInt64) { addRaw(key, "\(value)") }
    mutating func add(_ key: String, _ value: Bool) { addRaw(key, "\(value)") }
    mutating func add(_ key: String, _ values: [Int]) { addRaw(key, "\(values)") }
    mutating func add(_ key: String, _ values: [UInt64]) { addRaw(key, "\(values)") }
    mutating func add(_ key: String, _ values: [JSONObject]) { addRaw(key, Self.array(values)) }

    /// nil is null.
    mutating func add(_ key: String, _ value: JSONObject?) { addRaw(key, value.map { "\($0)" } ?? "null") }

    mutating func add(_ key: String, _ value: Int?) { addRaw(key, value.map { "\($0)" } ?? "null") }
    /// The shortest digits that give the number again; infinity, for which JSON has no word, is null.
    mutating func add(_ key: String, _ value: Float?) {
        addRaw(key, value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null")
    }

    /// - Parameter decimals: at most 9.
    mutating func add(_ key: String, _ value: Double, decimals: Int) { addRaw(key, Text.fixed(value, decimals)) }

    mutating func addNull(_ key: String) { addRaw(key, "null") }

    private mutating func addRaw(_ key: String, _ value: String) { fields.append("\(Self.literal(key)): \(value)") }

    var description: String { "{" + fields.joined(separator: ", ") + "}" }

    static func array(_ values: [JSONObject]) -> String {
        "[" + values.map(\.description).joined(separator: ", ") + "]"
    }

    private static func literal(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
