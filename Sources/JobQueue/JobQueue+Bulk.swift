import Postgres

extension JobQueue {
    /// The statement that adds a job for each row of a table or of another part of the same WITH; for whoever makes the
    /// rows and their jobs in one statement. Call `hint()` after COMMIT.
    ///
    /// - Parameters:
    ///   - job: what all of them have in common; its payload counts for nothing.
    ///   - payload: an expression of the rows' columns, of type jsonb.
    /// - Precondition: the job has no `uniqueKey`.
    public static func insertion(of job: NewJob, payload: SQL, from rows: SQL) -> SQL {
        precondition(job.uniqueKey == nil, "jobs with a unique key are added one by one")
        return """
            INSERT INTO jobs (kind, organization_id, payload, priority, attempts_max, run_at)
            SELECT \(job.kind.rawValue), \(job.organizationID), \(payload), \(job.priority), \(job.attemptsMax),
                   now() + \(job.runAfter)
            FROM \(rows)
            """
    }

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
