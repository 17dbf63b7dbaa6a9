/// The five characters by which Postgres names an error (its documentation, appendix A).
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    init(_ rawValue: StaticString) { self.rawValue = rawValue.description }

    /// The first two characters: what kind of error it is.
    public var errorClass: Substring { rawValue.prefix(2) }
    public var description: String { rawValue }

    public static let uniqueViolation = SQLState("23505")
    public static let foreignKeyViolation = SQLState("23503")
    public static let notNullViolation = SQLState("23502")
    public static let checkViolation = SQLState("23514")
    public static let serializationFailure = SQLState("40001")
    public static let deadlockDetected = SQLState("40P01")
    public static let lockNotAvailable = SQLState("55P03")
    public static let queryCanceled = SQLState("57014")
    public static let undefinedTable = SQLState("42P01")
    public static let insufficientPrivilege = SQLState("42501")
    public static let invalidTextRepresentation = SQLState("22P02")

    /// A plan that was prepared before its table changed; preparing again heals it.
    static let featureNotSupported = SQLState("0A000")
    static let invalidStatementName = SQLState("26000")

    /// Whether the session is ending: the server shuts down, crashes, or does not take connections yet.
    var endsSession: Bool {
        switch rawValue {
        case "57P01", "57P02", "57P03", "57P05", "25P03", "53300", "08003", "08006": true
        default: false
        }
    }

    /// Whether the server's own sentence may quote a value that a caller sent, and so must not be logged.
    var mayQuoteValues: Bool {
        switch errorClass {
        case "22", "P0", "XX", "38", "39": true
        default: false
        }
    }
}
