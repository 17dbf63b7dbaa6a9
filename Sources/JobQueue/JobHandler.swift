import Postgres

/// Does the work of one kind of job. Everything but `run` has a default that does nothing.
public protocol JobHandler: Sendable {
    var kind: JobKind { get }

    /// Notes that an attempt begins, e.g. in a row that clients watch. In a transaction of its own that holds the job;
    /// what it throws is this attempt's failure.
    func started(_ job: ClaimedJob, on connection: PostgresConnection) async throws

    /// Does the work, and calls `JobQueue.complete` inside the transaction that writes the result. Its task is
    /// cancelled when the lease is lost or the worker shuts down.
    /// - Throws: `JobError` to decide about retrying; anything else is retried.
    func run(_ job: ClaimedJob) async throws

    /// Notes that the attempt failed and another will follow; in the same transaction.
    func retrying(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws

    /// Notes that the job was discarded; in the same transaction.
    func exhausted(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws
}

extension JobHandler {
    public func started(_ job: ClaimedJob, on connection: PostgresConnection) async throws {}
    public func retrying(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws {}
    public func exhausted(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws {}
}
