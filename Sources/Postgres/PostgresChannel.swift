/// The name of a NOTIFY channel, fixed when the program is compiled.
public struct PostgresChannel: Hashable, Sendable {
    public let name: String

    /// - Precondition: lower-case letters, digits and `_`, not beginning with a digit, 63 at most: a name that needs no
    ///   quoting.
    public init(_ name: StaticString) {
        let text = name.description
        precondition(
            (1...63).contains(text.utf8.count) && !("0"..."9").contains(text.first!)
                && text.utf8.allSatisfy {
                    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
                },
            "a channel is named by lower-case letters, digits and _")
        self.name = text
    }

    var listen: SQL { SQL(pieces: [.text("LISTEN \(name)")]) }
}
