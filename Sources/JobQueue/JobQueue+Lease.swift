import Postgres

/// What workers and the rescuer do with jobs. Each statement is fenced, so a stale caller changes nothing.
extension JobQueue {
    /// Takes up to `count` jobs that are due, most urgent first, and leases them. Rows that another worker is just
    /// claiming are skipped, not waited for.
    package func claim(
        _ count: Int, kinds: [JobKind], worker: String, lease: Duration
    ) async throws -> [ClaimedJob] {
        // A claimed job no longer absorbs new ones of its unique key: what they ask for may have come too late for it.
        let rows = try await pool.query(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM jobs
                WHERE state = 'available' AND run_at <= now() AND kind = ANY(\(kinds.map(\.rawValue)))
                ORDER BY priority DESC, run_at, id LIMIT \(count) FOR UPDATE SKIP LOCKED)
            UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = \(worker), unique_key = NULL,
                lease_until = now() + \(lease), started_at = now()
            FROM due WHERE jobs.id = due.id
            RETURNING \(ClaimedJob.columns)
            """)
        var jobs: [ClaimedJob] = []
        for row in rows { jobs.append(try ClaimedJob(row)) }
        return jobs
    }

    /// Prolongs the leases of a worker.
    /// - Returns: the jobs still held; the others were lost to somebody else or have ended.
    func renew(_ ids: [Int64], worker: String, lease: Duration) async throws -> Set<Int64> {
        let rows = try await pool.query(
            """
            UPDATE jobs SET lease_until = now() + \(lease)
            WHERE id = ANY(\(ids)) AND state = 'running' AND worker = \(worker) RETURNING id
            """)
        var held: Set<Int64> = []
        for row in rows { held.insert(try row.decode(0)) }
        return held
    }

    /// Makes jobs available again as if they had not been claimed: the attempt is not charged.
    func giveBack(_ ids: [Int64], worker: String) async throws -> Int {
        try await pool.execute(
            """
            UPDATE jobs SET state = 'available', attempt = attempt - 1, lease_until = NULL, worker = NULL,
                run_at = now()
            WHERE id = ANY(\(ids)) AND state = 'running' AND worker = \(worker)
            """)
    }

    /// Locks the job's row for the transaction.
    /// - Throws: `JobQueueError.stale`.
    static func hold(_ job: ClaimedJob, on connection: PostgresConnection) async throws {
        let rows = try await connection.query("SELECT 1 FROM jobs WHERE \(job.fence) FOR UPDATE")
        if rows.isEmpty { throw JobQueueError.stale(job: job.id, attempt: job.attempt) }
    }

    /// Ends an attempt that failed, and tells the handler in the same transaction.
    /// - Parameter isExpired: when set the lease must have run out as well, as the rescuer requires.
    /// - Returns: whether the job will be tried again; nil when the attempt was no longer held, and nothing was done.
    package func fail(
        _ job: ClaimedJob, _ failure: JobFailure, delay: Duration, handler: any JobHandler, isExpired: Bool = false
    ) async throws -> Bool? {
        let retries = failure.reason != .permanent && !job.isLastAttempt
        let condition: SQL = isExpired ? "\(job.fence) AND lease_until < now()" : job.fence
        return try await pool.withTransaction { connection in
            let count =
                if retries {
                    try await connection.execute(
                        """
                        UPDATE jobs SET state = 'available', run_at = now() + \(delay), lease_until = NULL,
                            last_error = \(failure.message)
                        WHERE \(condition)
                        """)
                } else {
                    try await connection.execute(
                        """
                        UPDATE jobs SET state = 'discarded', finished_at = now(), lease_until = NULL,
                            last_error = \(failure.message)
                        WHERE \(condition)
                        """)
                }
            guard count == 1 else { return nil }
            if retries {
                try await handler.retrying(job, error: failure, on: connection)
            } else {
                try await handler.exhausted(job, error: failure, on: connection)
            }
            return retries
        }
    }

    /// Jobs of dead workers.
    static func expired(kinds: [JobKind], countMax: Int, on connection: PostgresConnection) async throws -> [ClaimedJob]
    {
        let rows = try await connection.query(
            """
            SELECT \(ClaimedJob.columns) FROM jobs
            WHERE state = 'running' AND lease_until < now() AND kind = ANY(\(kinds.map(\.rawValue)))
            ORDER BY lease_until LIMIT \(countMax)
            """)
        var jobs: [ClaimedJob] = []
        for row in rows { jobs.append(try ClaimedJob(row)) }
        return jobs
    }
}
