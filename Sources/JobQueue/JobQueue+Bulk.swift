import Postgres

extension JobQueue {
    /// Adds many jobs in the caller's transaction, in one statement. Call `hint()` once afterwards.
    /// - Precondition: none has a `uniqueKey`.
    /// - Throws: `JobQueueError.payloadTooLarge`.
    public static func enqueue(_ jobs: [NewJob], on connection: PostgresConnection) async throws {
        precondition(jobs.allSatisfy { $0.uniqueKey == nil }, "jobs with a unique key are added one by one")
        for job in jobs where job.payload.utf8.count > NewJob.payloadBytesMax {
            throw JobQueueError.payloadTooLarge(bytes: job.payload.utf8.count)
        }
        guard !jobs.isEmpty else { return }
        // An array has no NULLs here; no organisation has the id 0.
        try await connection.execute(
            """
            INSERT INTO jobs (kind, organization_id, payload, priority, attempts_max, run_at)
            SELECT kind, nullif(organization_id, 0), payload::jsonb, priority, attempts_max,
                   now() + make_interval(secs => run_after)
            FROM unnest(\(jobs.map(\.kind.rawValue)), \(jobs.map { $0.organizationID ?? 0 }), \(jobs.map(\.payload)),
                        \(jobs.map(\.priority)), \(jobs.map { Int32($0.attemptsMax) }),
                        \(jobs.map { $0.runAfter / .seconds(1) }))
                 AS job (kind, organization_id, payload, priority, attempts_max, run_after)
            """)
    }
}
