import JobQueue
import Postgres
import Triage

/// Asked-for triage runs, each with the durable job that carries it out.
struct JobRunStore: Sendable {
    let pool: PostgresPool
    let queue: JobQueue

    private static let columns: SQL = """
        r.id, r.organization_id, r.ticket_id, r.status, r.attempt_count, r.started_at, r.finished_at, r.error,
        (SELECT s.id FROM suggestions s WHERE s.job_run_id = r.id) AS suggestion_id
        """

    /// Creates run, job and TRIAGE_ENQUEUED event in one transaction (promise I1) and one round trip, or finds the run that
    /// this key has already made (promise I9).
    ///
    /// - Parameter requestHash: SHA-256 of what was asked; the same key must come with the same one.
    /// - Throws: `StoreError.notFound`, `.idempotencyKeyReused`, `.requestInFlight`.
    func trigger(
        ticket: TicketID, in organization: OrganizationID, idempotencyKey: String, requestHash: [UInt8],
        by actor: TicketEvent.Actor
    ) async throws -> (run: JobRun, created: Bool) {
        let statements = Self.triggering(ticket, organization, idempotencyKey, requestHash, actor)
        let results: [[PostgresRow]]
        do {
            results = try await pool.queries(statements, in: organization)
        } catch {
            throw StoreAvailability.isHeld(error) ? StoreError.requestInFlight : error
        }
        let result = try Self.outcome(results)
        if result.created { queue.hint() }
        return result
    }

    /// The same inside a transaction of the caller's, who hints the queue after COMMIT.
    static func trigger(
        ticket: TicketID, in organization: OrganizationID, idempotencyKey: String, requestHash: [UInt8],
        by actor: TicketEvent.Actor, on connection: PostgresConnection
    ) async throws -> (run: JobRun, created: Bool) {
        try outcome(
            try await connection.queries(triggering(ticket, organization, idempotencyKey, requestHash, actor)))
    }

    /// Two statements: one that makes the run with all that belongs to it, unless the key has one already; one that finds
    /// the key's run. A concurrent request with the same key waits in the first until the other has committed, and sees its
    /// run in the second.
    private static func triggering(
        _ ticket: TicketID, _ organization: OrganizationID, _ key: String, _ hash: [UInt8], _ actor: TicketEvent.Actor
    ) -> [SQL] {
        let job = JobQueue.insertion(
            of: NewJob(kind: .triage, organizationID: organization.rawValue, payload: "{}"),
            payload: "jsonb_build_object('job_run_id', run.id, 'ticket_id', run.ticket_id)", from: "run")
        return [
            """
            WITH visible AS (
                SELECT id FROM tickets
                WHERE id = \(ticket) AND organization_id = \(organization) AND deleted_at IS NULL FOR KEY SHARE
            ),
            run AS (
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, created_by)
                SELECT \(organization), visible.id, \(key), \(hash), \(actor.user) FROM visible
                ON CONFLICT (ticket_id, idempotency_key) DO NOTHING
                RETURNING id, ticket_id
            ),
            job AS (\(job)),
            event AS (
                INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, actor_user_id, payload)
                SELECT \(organization), run.ticket_id, \(TicketEvent.Kind.triageEnqueued.rawValue), \(actor.type),
                       \(actor.user), jsonb_build_object('job_run', run.id)
                FROM run
            )
            SELECT id FROM run
            """,
            """
            SELECT \(Self.columns), r.request_hash = \(hash) AS same_request FROM job_runs r
            WHERE r.ticket_id = \(ticket) AND r.organization_id = \(organization) AND r.idempotency_key = \(key)
            """,
        ]
    }

    private static func outcome(_ results: [[PostgresRow]]) throws -> (run: JobRun, created: Bool) {
        guard let row = results[1].first else { throw StoreError.notFound }
        guard try row.decode("same_request", as: Bool.self) else { throw StoreError.idempotencyKeyReused }
        return (try row.jobRun(), !results[0].isEmpty)
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
