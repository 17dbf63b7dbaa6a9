import FoundationEssentials
import JobQueue
import Postgres
import Triage

/// Embeds the rows of an organisation's index that have no vector of the current model, then has the index follow.
struct EmbedJobHandler: JobHandler {
    /// Texts embedded between two writes: enough for full matrix products, few enough to be found soon.
    static let batchSize = 16
    /// Rows that one job embeds at most, about a second's work: what is left is another job's, which waits behind those of
    /// other organisations, so that nobody's document waits for somebody else's thousand.
    static let rowsPerJobMax = 64

    let sources: IndexSourceStore
    let embedder: any TextEmbedder
    let pool: PostgresPool
    /// Called when an index's rows have changed.
    let changed: @Sendable () -> Void

    var kind: JobKind { .embed }

    func run(_ job: ClaimedJob) async throws {
        let payload = try JSONDecoder().decode(EmbedJobPayload.self, from: Data(job.payload.utf8))
        guard let organization = job.organizationID.map(OrganizationID.init(rawValue:)),
            let kind = IndexKind(rawValue: payload.kind)
        else { throw JobError.permanent("the job names no index of ours") }
        let isDone = try await embed(kind, of: organization, rowsMax: Self.rowsPerJobMax) { _ in }
        try await pool.withTransaction { connection in
            if !isDone { _ = try await JobQueue.enqueue(.embed(kind, of: organization), on: connection) }
            try await JobQueue.complete(job, on: connection)
        }
        if !isDone { sources.queue.hint() }
    }

    /// - Parameters:
    ///   - rowsMax: after so many it is enough.
    ///   - progress: told how many rows have been embedded so far.
    /// - Returns: whether none is left.
    @discardableResult
    func embed(
        _ kind: IndexKind, of organization: OrganizationID, rowsMax: Int = .max, progress: (Int) -> Void
    ) async throws -> Bool {
        var done = 0
        while done < rowsMax {
            let rows = try await sources.unembedded(
                kind, in: organization, model: embedder.fingerprint, limit: Self.batchSize)
            if rows.isEmpty { return true }
            let vectors = try await embedder.embed(rows.map(\.text))
            try await sources.store(
                zip(rows, vectors).map { ($0.id, $1) }, model: embedder.fingerprint, kind: kind, in: organization)
            changed()
            done += rows.count
            progress(done)
        }
        return false
    }
}
