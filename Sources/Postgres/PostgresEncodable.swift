/// A value that can stand as a parameter, in Postgres's binary format.
public protocol PostgresEncodable {
    static var postgresType: PostgresType { get }
    /// Whether it is sent as NULL; `encode(into:)` is then not called.
    var isPostgresNull: Bool { get }
    /// Appends the value as the type's binary `recv` function reads it.
    func encode(into bytes: inout [UInt8])
}

extension PostgresEncodable {
    public var isPostgresNull: Bool { false }
}

/// One encoded parameter.
struct PostgresParameter: Sendable {
    var type: PostgresType
    /// nil is NULL.
    var bytes: [UInt8]?

    init<Value: PostgresEncodable>(_ value: Value) {
        type = Value.postgresType
        if value.isPostgresNull {
            bytes = nil
        } else {
            var encoded: [UInt8] = []
            value.encode(into: &encoded)
            bytes = encoded
        }
    }
}

extension [UInt8] {
    /// Appends an integer in network order.
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends what `body` appends, preceded by its length as Postgres wants it inside arrays and COPY rows.
    mutating func appendWithLength(_ body: (inout [UInt8]) -> Void) {
        let start = count
        append(bigEndian: Int32(0))
        body(&self)
        Swift.withUnsafeBytes(of: Int32(count - start - 4).bigEndian) { length in
            for (offset, byte) in length.enumerated() { self[start + offset] = byte }
        }
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }
    public var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    public func encode(into bytes: inout [UInt8]) { self?.encode(into: &bytes) }
}

extension Bool: PostgresEncodable {
    public static var postgresType: PostgresType { .bool }
    public func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension Int16: PostgresEncodable {
    public static var postgresType: PostgresType { .int2 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Int32: PostgresEncodable {
    public static var postgresType: PostgresType { .int4 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Int64: PostgresEncodable {
    public static var postgresType: PostgresType { .int8 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

/// Sent as `int8`; assignment to a smaller column is checked by the server.
extension Int: PostgresEncodable {
    public static var postgresType: PostgresType { .int8 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
}

extension Float: PostgresEncodable {
    public static var postgresType: PostgresType { .float4 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
}

extension Double: PostgresEncodable {
    public static var postgresType: PostgresType { .float8 }
    public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
}

/// Sent as `text`. A column of another type needs a cast: `\(label)::severity`. Text with U+0000 is refused by the
/// server (SQLSTATE 22021), which cannot store it.
extension String: PostgresEncodable {
    public static var postgresType: PostgresType { .text }
    public func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

/// Sent as `interval`, to the microsecond: `now() + \(Duration.seconds(30))`.
extension Duration: PostgresEncodable {
    public static var postgresType: PostgresType { .interval }
    public func encode(into bytes: inout [UInt8]) {
        let (seconds, attoseconds) = components
        bytes.append(bigEndian: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        bytes.append(bigEndian: Int32(0))  // days
        bytes.append(bigEndian: Int32(0))  // months
    }
}
