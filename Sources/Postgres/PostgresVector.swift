/// A pgvector `vector`. As a parameter it brings its own cast, `$n::vector`, since the type's id differs by database.
///
///     OFFSET  SIZE  DESCRIPTION
///     0       2     dimensions
///     2       2     unused, 0
///     4       4·n   components, float4
///
/// All big endian, as `vector_send` writes it.
public struct PostgresVector: Hashable, Sendable {
    public var values: [Float]

    public init(_ values: [Float]) { self.values = values }
}

extension PostgresVector: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .vector }

    public func encode(into bytes: inout [UInt8]) {
        // More than pgvector allows wraps here and is refused there, for the length then disagrees.
        bytes.append(bigEndian: Int16(truncatingIfNeeded: values.count))
        bytes.append(bigEndian: Int16(0))
        for value in values { bytes.append(bigEndian: value.bitPattern) }
    }

    public init?(postgres bytes: RawSpan, type: PostgresType) {
        guard type.isUserDefined || type.isUnstated else { return nil }
        var values: [Float] = []
        guard Self.append(bytes, to: &values) != nil else { return nil }
        self.values = values
    }

    /// Appends the components to an array and returns how many there were; nil when the bytes are no vector.
    static func append(_ bytes: RawSpan, to values: inout [Float]) -> Int? {
        guard bytes.byteCount >= 4 else { return nil }
        let dimensions = Int(bytes.bigEndian(UInt16.self, at: 0))
        guard bytes.byteCount == 4 + 4 * dimensions, bytes.bigEndian(UInt16.self, at: 2) == 0 else { return nil }
        bytes.appendFloats(from: 4, count: dimensions, to: &values)
        return dimensions
    }
}
