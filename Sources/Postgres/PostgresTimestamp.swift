/// A point in time as Postgres keeps it: microseconds since 2000-01-01 00:00 UTC. Callers make their own date of it, as
/// this module does without Foundation.
public struct PostgresTimestamp: Hashable, Sendable, Comparable {
    public var microsecondsSince2000: Int64

    /// Seconds from 1970-01-01 to 2000-01-01.
    static let epochOffset_s: Int64 = 946_684_800

    public init(microsecondsSince2000: Int64) {
        self.microsecondsSince2000 = microsecondsSince2000
    }

    /// Rounded to the microsecond; beyond the range of `timestamptz` it is clamped.
    public init(secondsSince1970 seconds: Double) {
        let microseconds = ((seconds - Double(Self.epochOffset_s)) * 1e6).rounded()
        microsecondsSince2000 = Int64(exactly: microseconds) ?? (microseconds < 0 ? .min + 1 : .max - 1)
    }

    public var secondsSince1970: Double {
        Double(Self.epochOffset_s) + Double(microsecondsSince2000) / 1e6
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.microsecondsSince2000 < right.microsecondsSince2000
    }
}

extension PostgresTimestamp: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .timestamptz }

    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: microsecondsSince2000) }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard bytes.byteCount == 8, type == .timestamptz || type == .timestamp || type.isUnstated else { return nil }
        microsecondsSince2000 = bytes.bigEndian(Int64.self, at: 0)
    }
}
