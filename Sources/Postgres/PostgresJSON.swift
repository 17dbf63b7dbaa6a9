/// JSON text for a `jsonb` (or `json`) column. The server checks that it is JSON.
public struct PostgresJSON: Hashable, Sendable {
    public var text: String

    public init(_ text: String) { self.text = text }
}

extension PostgresJSON: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .jsonb }

    /// The binary form of `jsonb` is a version byte, 1, and the text.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(1)
        bytes.append(contentsOf: text.utf8)
    }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        switch type {
        case .json:
            guard let text = bytes.string() else { return nil }
            self.text = text
        default:
            guard type == .jsonb || type.isUnstated, bytes.byteCount > 1, bytes.bigEndian(UInt8.self, at: 0) == 1,
                let text = bytes.string(from: 1)
            else { return nil }
            self.text = text
        }
    }
}
