/// The id that ties a request's answer and its log lines together. Jobs have ids of their own.
package enum RequestIdentity {
    package enum Limits {
        package static let bytesMax = 128
    }

    /// The client's own id when it is sane (1–128 letters, digits, `-`, `_`, `.`, `:`), else 128 random bits.
    package static func choose(client: String?) -> String {
        if let client, isSane(client) { return client }
        var random = SystemRandomNumberGenerator()
        return hexadecimal(random.next()) + hexadecimal(random.next())
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isSane(_ text: String) -> Bool {
        (1...Limits.bytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
