import Postgres

/// Tells a store that cannot be reached from one that refused.
enum StoreAvailability {
    /// Whether the error means that Postgres is, for now, away or too busy.
    static func isUnavailable(_ error: any Error) -> Bool { (error as? PostgresError)?.isUnavailable ?? false }

    /// Whether Postgres answered, and said no.
    static func isRefusal(_ error: any Error) -> Bool {
        if case .server = (error as? PostgresError)?.code { true } else { false }
    }

    /// Whether the same transaction may succeed when it is run again: it collided with another one.
    static func mayRepeat(_ error: any Error) -> Bool { (error as? PostgresError)?.isRetryable ?? false }

    /// Whether another transaction held what this one needed for longer than it may wait.
    static func isHeld(_ error: any Error) -> Bool { (error as? PostgresError)?.sqlState == .lockNotAvailable }

    /// Whether Postgres itself gave the statement up, at a bound of its own or because an operator told it to. It works, so
    /// this is not `isUnavailable`: whose statement it was must ask again, and others need not.
    static func isStopped(_ error: any Error) -> Bool { (error as? PostgresError)?.sqlState == .queryCanceled }

    /// Whether the work was given up because its task was cancelled.
    static func isCancellation(_ error: any Error) -> Bool {
        error is CancellationError || (error as? PostgresError)?.code == .cancelled
    }

    /// The error without anything that a customer wrote: codes, SQLSTATE, constraint.
    static func loggable(_ error: any Error) -> String {
        if let error = error as? PostgresError { return error.description }
        // Another module's error may quote what it was given, so only its type is told.
        return String(reflecting: type(of: error))
    }
}
