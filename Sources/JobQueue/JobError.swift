import Postgres

/// What a handler throws to say how its failure is to be taken. The message is recorded and shown to operators, so it
/// carries no customer text. Any other error counts as retryable, and only its type is recorded.
public enum JobError: Error, Sendable, CustomStringConvertible {
    /// Trying again cannot help: the job is discarded at once.
    case permanent(String)
    /// Trying again may help. `after` takes the place of the backoff.
    case retryable(String, after: Duration? = nil)

    public var description: String {
        switch self {
        case .permanent(let message), .retryable(let message, _): message
        }
    }
}

/// Why an attempt ended without completing, as handlers and operators get to know it.
public struct JobFailure: Error, Sendable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        case permanent, failed
        /// The worker stopped renewing: it crashed, hung or lost the database.
        case leaseExpired
    }

    public var reason: Reason
    /// Safe to record: at most `messageCharactersMax`, no customer text.
    public var message: String
    /// Absent when the lease expired.
    public var underlying: (any Error)?
    /// Takes the place of the backoff.
    public var retryAfter: Duration?

    public static let messageCharactersMax = 500
    package static let leaseExpired = JobFailure(
        .leaseExpired, "the lease expired: the worker died or lost the database")

    public var description: String { message }

    private init(_ reason: Reason, _ message: String, underlying: (any Error)? = nil, retryAfter: Duration? = nil) {
        self.reason = reason
        self.message = String(message.prefix(Self.messageCharactersMax))
        self.underlying = underlying
        self.retryAfter = retryAfter
    }

    package init(_ error: any Error) {
        switch error {
        case JobError.permanent(let message):
            self.init(.permanent, message, underlying: error)
        case JobError.retryable(let message, let after):
            self.init(.failed, message, underlying: error, retryAfter: after)
        case let error as PostgresError:
            self.init(.failed, error.description, underlying: error)
        default:
            // Its description may quote what it was working on.
            self.init(.failed, "failed with \(type(of: error))", underlying: error)
        }
    }
}

/// What the queue itself refuses.
public enum JobQueueError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The attempt is no longer held: its lease expired and the job was given to another, or it is finished. The
    /// caller's transaction is to be rolled back.
    case stale(job: Int64, attempt: Int)
    /// The payload is larger than `NewJob.payloadBytesMax`.
    case payloadTooLarge(bytes: Int)

    public var description: String {
        switch self {
        case .stale(let job, let attempt):
            "attempt \(attempt) of job \(job) is no longer held; nothing of it was written"
        case .payloadTooLarge(let bytes):
            "a job's payload has \(bytes) bytes, of \(NewJob.payloadBytesMax) allowed; enqueue ids, not data"
        }
    }
}
