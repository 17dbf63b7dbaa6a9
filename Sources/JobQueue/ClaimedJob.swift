import Logging
import Postgres
import Synchronization

/// A job that a worker holds under a lease. Id, attempt and worker together are the fence: only who holds this very
/// attempt can complete it.
public struct ClaimedJob: Sendable {
    /// Remembers that `JobQueue.complete` was called, to tell a handler that forgot to.
    final class Completion: Sendable {
        let isCalled = Atomic<Bool>(false)
    }

    public let id: Int64
    public let kind: JobKind
    public let organizationID: Int64?
    /// JSON, as it was enqueued but for spaces and the order of keys.
    public let payload: String
    /// 1 the first time.
    public let attempt: Int
    public let attemptsMax: Int
    public let worker: String
    let completion = Completion()

    var isLastAttempt: Bool { attempt >= attemptsMax }

    /// What log lines about it say: ids, and never the payload.
    var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "job": .stringConvertible(id), "kind": "\(kind)", "attempt": .stringConvertible(attempt),
        ]
        metadata["organization"] = organizationID.map { .stringConvertible($0) }
        return metadata
    }

    static let columns: SQL =
        "jobs.id, jobs.kind, jobs.organization_id, jobs.payload, jobs.attempt, jobs.attempts_max, jobs.worker"

    /// - Parameter row: `columns`, in their order.
    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.decode(0)
        kind = JobKind(rawValue: try row.decode(1))
        organizationID = try row.decode(2)
        payload = try row.decode(3, as: PostgresJSON.self).text
        attempt = try row.decode(4)
        attemptsMax = try row.decode(5)
        worker = try row.decode(6)
    }
}
