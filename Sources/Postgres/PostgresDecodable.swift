/// A value that can be read from a column in Postgres's binary format.
public protocol PostgresDecodable {
    /// - Parameter type: the column's type; `isUnstated` in COPY, where only the length can be checked.
    /// - Returns: nil when the type or the bytes do not fit, e.g. an `int8` too large for an `Int32`.
    init?(postgres bytes: RawSpan, type: PostgresType)
    /// What NULL is read as; nil makes NULL an error.
    static var postgresNull: Self? { get }
}

extension PostgresDecodable {
    public static var postgresNull: Self? { nil }
}

extension RawSpan {
    /// The integer in network order at an offset.
    /// - Precondition: it lies inside the span.
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        Value(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    /// Appends `float4`s that lie one after another.
    /// - Precondition: they lie inside the span.
    func appendFloats(from offset: Int, count: Int, to values: inout [Float]) {
        // Not `reserveCapacity`, which grows to exactly what is asked: appending many vectors would copy all each time.
        withUnsafeBytes { bytes in
            precondition(offset >= 0 && count >= 0 && offset + 4 * count <= bytes.count, "outside of the span")
            values.append(
                contentsOf: (0..<count).lazy.map { position in
                    let bits = bytes.loadUnaligned(fromByteOffset: offset + 4 * position, as: UInt32.self)
                    return Float(bitPattern: UInt32(bigEndian: bits))
                })
        }
    }

    var array: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// The bytes as text, nil when they are not valid UTF-8.
    func string(from offset: Int = 0) -> String? {
        withUnsafeBytes { String(validating: $0.dropFirst(offset), as: UTF8.self) }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard let value = Wrapped(postgres: bytes, type: type) else { return nil }
        self = .some(value)
    }

    public static var postgresNull: Wrapped?? { .some(nil) }
}

extension Bool: PostgresDecodable {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard bytes.byteCount == 1, type == .bool || type.isUnstated else { return nil }
        self = bytes.bigEndian(UInt8.self, at: 0) != 0
    }
}

/// Any integer column, and a whole `numeric` (as `sum(int8)` gives), when its value fits.
extension PostgresDecodable where Self: FixedWidthInteger {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        switch (type, bytes.byteCount) {
        case (.int8, 8): self.init(exactly: bytes.bigEndian(Int64.self, at: 0))
        case (.int4, 4): self.init(exactly: bytes.bigEndian(Int32.self, at: 0))
        case (.int2, 2): self.init(exactly: bytes.bigEndian(Int16.self, at: 0))
        case (.oid, 4): self.init(exactly: bytes.bigEndian(UInt32.self, at: 0))
        case (.numeric, _):
            guard let whole = PostgresNumeric(bytes)?.whole else { return nil }
            self.init(exactly: whole)
        case (_, Self.bitWidth / 8) where type.isUnstated: self = bytes.bigEndian(Int64.self, at: 0, width: Self.self)
        default: return nil
        }
    }
}

extension RawSpan {
    fileprivate func bigEndian<Value: FixedWidthInteger>(_: Int64.Type, at offset: Int, width: Value.Type) -> Value {
        var value: Value = 0
        for position in 0..<(Value.bitWidth / 8) {
            value = value << 8 | Value(truncatingIfNeeded: bigEndian(UInt8.self, at: offset + position))
        }
        return value
    }
}

extension Int16: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension Int: PostgresDecodable {}

extension Float: PostgresDecodable {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard bytes.byteCount == 4, type == .float4 || type.isUnstated else { return nil }
        self.init(bitPattern: bytes.bigEndian(UInt32.self, at: 0))
    }
}

/// `float8`, `float4`, `numeric` (rounded to the nearest) and whole numbers up to 2⁵³.
extension Double: PostgresDecodable {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        switch (type, bytes.byteCount) {
        case (.float8, 8): self.init(bitPattern: bytes.bigEndian(UInt64.self, at: 0))
        case (.float4, 4): self.init(Float(bitPattern: bytes.bigEndian(UInt32.self, at: 0)))
        case (.numeric, _):
            guard let number = PostgresNumeric(bytes) else { return nil }
            self = number.double
        case (.int8, 8), (.int4, 4), (.int2, 2):
            guard let whole = Int64(postgres: bytes, type: type) else { return nil }
            self.init(exactly: whole)
        case (_, 8) where type.isUnstated: self.init(bitPattern: bytes.bigEndian(UInt64.self, at: 0))
        default: return nil
        }
    }
}

/// Text types, names, enums and other user-defined types whose binary form is their text, JSON, and `uuid`.
extension String: PostgresDecodable {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        switch type {
        case .text, .varchar, .bpchar, .name, .unknown, .json:
            guard let text = bytes.string() else { return nil }
            self = text
        case .jsonb:
            guard let json = PostgresJSON(postgres: bytes, type: type) else { return nil }
            self = json.text
        case .uuid:
            guard let uuid = PostgresUUID(postgres: bytes, type: type) else { return nil }
            self = uuid.description
        default:
            guard type.isUserDefined || type.isUnstated, let text = bytes.string() else { return nil }
            self = text
        }
    }
}

/// `interval` without months, whose length in time is not fixed.
extension Duration: PostgresDecodable {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard bytes.byteCount == 16, type == .interval || type.isUnstated, bytes.bigEndian(Int32.self, at: 12) == 0
        else { return nil }
        self =
            .microseconds(bytes.bigEndian(Int64.self, at: 0)) + .seconds(86_400)
            * Int(bytes.bigEndian(Int32.self, at: 8))
    }
}
