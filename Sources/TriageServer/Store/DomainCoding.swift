import FoundationEssentials
import Postgres
import Triage

// The domain's types as Postgres values.

extension Identifier: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { Int64.postgresType }

    public func encode(into bytes: inout [UInt8]) { rawValue.encode(into: &bytes) }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard let rawValue = Int64(postgres: bytes, type: type) else { return nil }
        self.init(rawValue)
    }
}

/// `timestamptz`, to the microsecond.
extension Date: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { PostgresTimestamp.postgresType }

    public func encode(into bytes: inout [UInt8]) {
        PostgresTimestamp(secondsSince1970: timeIntervalSince1970).encode(into: &bytes)
    }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard let timestamp = PostgresTimestamp(postgres: bytes, type: type) else { return nil }
        self.init(timeIntervalSince1970: timestamp.secondsSince1970)
    }
}

/// `jsonb`.
extension JSONValue: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { PostgresJSON.postgresType }

    public func encode(into bytes: inout [UInt8]) {
        // Encoding a JSONValue cannot fail: it has no number that JSON lacks (see `JSONValue.double`).
        guard let data = try? JSONEncoder().encode(self) else { preconditionFailure("JSON that cannot be encoded") }
        PostgresJSON(String(decoding: data, as: UTF8.self)).encode(into: &bytes)
    }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard let json = PostgresJSON(postgres: bytes, type: type),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(json.text.utf8))
        else { return nil }
        self = value
    }
}
