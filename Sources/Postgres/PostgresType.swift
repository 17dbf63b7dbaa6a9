/// A Postgres type by its object id, which is fixed for built-in types. 0 leaves it to the server to infer the type.
public struct PostgresType: Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    /// What follows the parameter in the text when the type's id differs from database to database, e.g. `::vector`.
    let cast: StaticString?

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
        cast = nil
    }

    init(inferredFrom cast: StaticString) {
        rawValue = 0
        self.cast = cast
    }

    private init(_ rawValue: UInt32) { self.init(rawValue: rawValue) }

    public static let bool = PostgresType(16)
    public static let bytea = PostgresType(17)
    public static let name = PostgresType(19)
    public static let int8 = PostgresType(20)
    public static let int2 = PostgresType(21)
    public static let int4 = PostgresType(23)
    public static let text = PostgresType(25)
    public static let oid = PostgresType(26)
    public static let json = PostgresType(114)
    public static let float4 = PostgresType(700)
    public static let float8 = PostgresType(701)
    public static let unknown = PostgresType(705)
    public static let bpchar = PostgresType(1042)
    public static let varchar = PostgresType(1043)
    public static let timestamp = PostgresType(1114)
    public static let timestamptz = PostgresType(1184)
    public static let interval = PostgresType(1186)
    public static let numeric = PostgresType(1700)
    public static let uuid = PostgresType(2950)
    public static let jsonb = PostgresType(3802)
    public static let boolArray = PostgresType(1000)
    public static let int2Array = PostgresType(1005)
    public static let int4Array = PostgresType(1007)
    public static let textArray = PostgresType(1009)
    public static let int8Array = PostgresType(1016)
    public static let float4Array = PostgresType(1021)
    public static let float8Array = PostgresType(1022)
    public static let timestamptzArray = PostgresType(1185)
    public static let uuidArray = PostgresType(2951)
    /// pgvector's type, whose id is given when the extension is created.
    public static let vector = PostgresType(inferredFrom: "::vector")

    /// Whether COPY left the type out, so that only the number of bytes can be checked.
    var isUnstated: Bool { rawValue == 0 }
    /// Whether an extension or the schema defines it (enums, vector, citext).
    var isUserDefined: Bool { rawValue >= 16_384 }

    public var description: String { "type \(rawValue)" }
}

extension PostgresType: Equatable, Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
