/// A type whose arrays Postgres can take and give. `[UInt8]` is the exception: it is `bytea`.
///
///     OFFSET  SIZE  DESCRIPTION
///     0       4     number of dimensions: 0 when empty, else 1
///     4       4     1 when there are NULLs
///     8       4     the elements' type
///     12      4     number of elements
///     16      4     lower bound, 1
///     20      …     per element its length (-1 is NULL) and its bytes
public protocol PostgresArrayElement: PostgresEncodable, PostgresDecodable {
    static var postgresArrayType: PostgresType { get }
    static func encode(_ array: [Self], into bytes: inout [UInt8])
    static func array(postgres bytes: RawSpan, type: PostgresType) -> [Self]?
}

extension PostgresArrayElement {
    public static func encode(_ array: [Self], into bytes: inout [UInt8]) {
        bytes.append(bigEndian: Int32(array.isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: postgresType.rawValue)
        guard !array.isEmpty else { return }
        bytes.append(bigEndian: Int32(array.count))
        bytes.append(bigEndian: Int32(1))
        for element in array { bytes.appendWithLength { element.encode(into: &$0) } }
    }

    /// One dimension only; a NULL element does not fit.
    public static func array(postgres bytes: RawSpan, type: PostgresType) -> [Self]? {
        guard bytes.byteCount >= 12 else { return nil }
        let dimensions = bytes.bigEndian(Int32.self, at: 0)
        if dimensions == 0 { return type == postgresArrayType || type.isUnstated ? [] : nil }
        guard dimensions == 1, bytes.byteCount >= 20 else { return nil }
        let elementType = PostgresType(rawValue: bytes.bigEndian(UInt32.self, at: 8))
        let count = Int(bytes.bigEndian(Int32.self, at: 12))
        guard count >= 0, count <= (bytes.byteCount - 20) / 4 else { return nil }
        var array: [Self] = []
        array.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard offset + 4 <= bytes.byteCount else { return nil }
            let length = Int(bytes.bigEndian(Int32.self, at: offset))
            offset += 4
            guard length >= 0, length <= bytes.byteCount - offset,
                let element = Self(postgres: bytes.extracting(offset..<offset + length), type: elementType)
            else { return nil }
            array.append(element)
            offset += length
        }
        return offset == bytes.byteCount ? array : nil
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public func encode(into bytes: inout [UInt8]) { Element.encode(self, into: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard let array = Element.array(postgres: bytes, type: type) else { return nil }
        self = array
    }
}

extension Bool: PostgresArrayElement { public static var postgresArrayType: PostgresType { .boolArray } }
extension Int16: PostgresArrayElement { public static var postgresArrayType: PostgresType { .int2Array } }
extension Int32: PostgresArrayElement { public static var postgresArrayType: PostgresType { .int4Array } }
extension Int64: PostgresArrayElement { public static var postgresArrayType: PostgresType { .int8Array } }
extension Int: PostgresArrayElement { public static var postgresArrayType: PostgresType { .int8Array } }
extension Float: PostgresArrayElement { public static var postgresArrayType: PostgresType { .float4Array } }
extension Double: PostgresArrayElement { public static var postgresArrayType: PostgresType { .float8Array } }
extension String: PostgresArrayElement { public static var postgresArrayType: PostgresType { .textArray } }
extension PostgresUUID: PostgresArrayElement { public static var postgresArrayType: PostgresType { .uuidArray } }
extension PostgresTimestamp: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .timestamptzArray }
}

/// A byte is no Postgres type of its own; an array of them is `bytea`.
extension UInt8: PostgresArrayElement {
    public static var postgresType: PostgresType { .bytea }
    public static var postgresArrayType: PostgresType { .bytea }
    public func encode(into bytes: inout [UInt8]) { bytes.append(self) }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard type == .bytea, bytes.byteCount == 1 else { return nil }
        self = bytes.bigEndian(UInt8.self, at: 0)
    }

    public static func encode(_ array: [UInt8], into bytes: inout [UInt8]) { bytes.append(contentsOf: array) }

    public static func array(postgres bytes: RawSpan, type: PostgresType) -> [UInt8]? {
        type == .bytea || type.isUnstated ? bytes.array : nil
    }
}
