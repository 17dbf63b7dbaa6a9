import JobQueue
import Postgres
import Triage

/// Asked-for triage runs, each with the durable job that carries it out.
struct JobRunStore: Sendable {
    static let idempotencyKeyCharactersMax = 80

    let pool: PostgresPool
    let queue: JobQueue

    private static let columns: SQL = """
        r.id, r.organization_id, r.ticket_id, r.status, r.attempt_count, r.started_at, r.finished_at, r.error,
        (SELECT s.id FROM suggestions s WHERE s.job_run_id = r.id) AS suggestion_id
        """

    /// Creates run, job and TRIAGE_ENQUEUED event in one transaction (promise I1), or finds the run that this key
    /// has already made (promise I9).
    ///
    /// - Parameter requestHash: SHA-256 of what was asked; the same key must come with the same one.
    /// - Throws: `StoreError.notFound`, `.idempotencyKeyReused`.
    func trigger(
        ticket: TicketID, in organization: OrganizationID, idempotencyKey: String, requestHash: [UInt8],
        by actor: TicketEvent.Actor
    ) async throws -> (run: JobRun, created: Bool) {
        let result = try await pool.withTransaction(in: organization) { connection in
            try await Self.trigger(
                ticket: ticket, in: organization, idempotencyKey: idempotencyKey, requestHash: requestHash, by: actor,
                on: connection)
        }
        if result.created { queue.hint() }
        return result
    }

    /// The same inside a transaction of the caller's, who hints the queue after COMMIT.
    static func trigger(
        ticket: TicketID, in organization: OrganizationID, idempotencyKey: String, requestHash: [UInt8],
        by actor: TicketEvent.Actor, on connection: PostgresConnection
    ) async throws -> (run: JobRun, created: Bool) {
        let visible = try await connection.query(
            """
            SELECT 1 AS one FROM tickets
            WHERE id = \(ticket) AND organization_id = \(organization) AND deleted_at IS NULL FOR KEY SHARE
            """)
        if visible.isEmpty { throw StoreError.notFound }
        // A concurrent request with the same key waits here until the first one has committed.
        let inserted = try await connection.query(
            """
            INSERT INTO job_runs AS r (organization_id, ticket_id, idempotency_key, request_hash, created_by)
            VALUES (\(organization), \(ticket), \(idempotencyKey), \(requestHash), \(actor.user))
            ON CONFLICT (ticket_id, idempotency_key) DO NOTHING
            RETURNING \(Self.columns)
            """)
        guard let run = try inserted.first?.jobRun() else {
            let row = try await connection.query(
                """
                SELECT \(Self.columns), r.request_hash = \(requestHash) AS same_request
                FROM job_runs r WHERE r.ticket_id = \(ticket) AND r.idempotency_key = \(idempotencyKey)
                """
            ).one()
            guard try row.decode("same_request", as: Bool.self) else { throw StoreError.idempotencyKeyReused }
            return (try row.jobRun(), false)
        }
        _ = try await JobQueue.enqueue(
            NewJob(
                kind: .triage, organizationID: organization.rawValue,
                payload: TriageJobPayload(jobRun: run.id, ticket: ticket).json),
            on: connection)
        try await connection.record(
            .triageEnqueued, of: ticket, in: organization, by: actor, payload: ["job_run": .int(run.id.rawValue)])
        return (run, true)
    }

    func run(_ id: JobRunID, in organization: OrganizationID) async throws -> JobRun? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM job_runs r WHERE r.id = \(id) AND r.organization_id = \(organization)",
            in: organization)
        return try rows.first?.jobRun()
    }

    /// The run once it has ended, or as it stands when the time is up.
    ///
    /// Polls, because the worker may be another process: 4 ms at first, 250 ms at most.
    func waitForEnd(
        of id: JobRunID, in organization: OrganizationID, timeout: Duration
    ) async throws -> JobRun? {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var pause = Duration.milliseconds(4)
        while true {
            guard let run = try await run(id, in: organization) else { return nil }
            let left = clock.now.duration(to: deadline)
            if run.status.isFinal || left <= .zero { return run }
            try await clock.sleep(for: min(pause, left))
            pause = min(pause * 3 / 2, .milliseconds(250))
        }
    }

    // MARK: The worker's side

    /// Marks the run as running; called as the job starts.
    static func started(_ id: JobRunID, attempt: Int, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            UPDATE job_runs SET status = 'running', attempt_count = \(attempt),
                                started_at = coalesce(started_at, now())
            WHERE id = \(id) AND status IN ('queued', 'running')
            """)
    }

    /// The run has produced its suggestion; inside the job's completing transaction.
    static func succeeded(_ id: JobRunID, attempt: Int, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            UPDATE job_runs SET status = 'succeeded', attempt_count = \(attempt), error = NULL,
                                started_at = coalesce(started_at, now()), finished_at = clock_timestamp()
            WHERE id = \(id)
            """)
    }

    /// The job has been given up; with the ticket's TRIAGE_FAILED event.
    static func failed(
        _ id: JobRunID, ticket: TicketID, in organization: OrganizationID, attempt: Int, error: String,
        on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            UPDATE job_runs SET status = 'failed', attempt_count = \(attempt), error = \(error),
                                finished_at = clock_timestamp()
            WHERE id = \(id)
            """)
        try await connection.record(
            .triageFailed, of: ticket, in: organization, by: .system,
            payload: ["job_run": .int(id.rawValue), "error": .string(error), "attempts": .int(Int64(attempt))])
    }
}
