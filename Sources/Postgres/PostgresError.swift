/// Why something asked of Postgres did not happen: a code to switch on, a message with its remedy, and the cause.
///
/// `description` is safe to log: it carries no SQL values, no connection string and no row's content.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// The connection string or a setting cannot be used.
        case invalidConfiguration
        /// No connection could be opened, or an open one broke. Nothing is known of the statement it carried.
        case connectionFailed
        /// A bound of time passed; the statement was cancelled and its connection discarded.
        case timedOut
        /// The calling task was cancelled; the connection was discarded.
        case cancelled
        /// Every connection stayed in use for longer than a caller may wait, or too many callers wait.
        case poolExhausted
        /// The pool or connection has been shut down.
        case closed
        /// The connection broke while COMMIT was under way: the transaction may or may not have happened.
        case commitUnknown
        /// COMMIT was answered with ROLLBACK, because a statement's error had been ignored.
        case transactionAborted
        /// The server refused the statement.
        case server(SQLState)
        /// A column is missing, is NULL, or is not of the type asked for.
        case decoding
        /// The call itself is wrong, e.g. parameters in COPY, or a transaction inside a transaction.
        case misuse
        /// A migration that had been applied was edited since.
        case migrationEdited(number: Int)
        /// A migration that had been applied is unknown to this program.
        case migrationMissing(number: Int)
        /// A migration's SQL failed; it was rolled back and none after it ran.
        case migrationFailed(number: Int)
    }

    public var code: Code
    /// A sentence for an operator, with the remedy when there is one.
    public var message: String
    /// Set whenever the server named the error, also when `code` is `.connectionFailed`.
    public var sqlState: SQLState?
    public var constraint: String?
    public var table: String?
    /// The server's own sentence. It may quote values: for a developer's eyes, never for a log.
    public var serverMessage: String?
    public var cause: (any Error)?

    public init(
        _ code: Code, _ message: String, sqlState: SQLState? = nil, constraint: String? = nil, table: String? = nil,
        serverMessage: String? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.table = table
        self.serverMessage = serverMessage
        self.cause = cause
    }

    public var description: String {
        var text = "postgres: \(message)"
        if let sqlState { text += " [SQLSTATE \(sqlState)]" }
        if let constraint { text += " [constraint \(constraint)]" }
        if let table { text += " [table \(table)]" }
        // Another module's error may say anything, so only our own is quoted.
        if let cause = cause as? PostgresError { text += "; because \(cause)" }
        return text
    }

    /// Whether there is, for now, no working server to talk to: what an API answers with 503.
    public var isUnavailable: Bool {
        switch code {
        case .connectionFailed, .timedOut, .poolExhausted, .closed, .commitUnknown: true
        default: false
        }
    }

    /// Whether the same transaction may succeed when it is run again from its start.
    public var isRetryable: Bool {
        code == .server(.serializationFailure) || code == .server(.deadlockDetected)
    }

    public func isViolation(of constraint: String) -> Bool {
        sqlState?.errorClass == "23" && self.constraint == constraint
    }
}

extension PostgresError {
    static var cancelled: PostgresError {
        PostgresError(
            .cancelled, "the calling task was cancelled; the statement was stopped and its connection discarded")
    }

    static var closed: PostgresError {
        PostgresError(.closed, "this connection is closed; take another one from the pool")
    }

    static func timedOut(_ what: String, after bound: Duration) -> PostgresError {
        PostgresError(
            .timedOut, "\(what) took longer than \(bound.milliseconds) ms; make it cheaper or allow it more time")
    }
}
