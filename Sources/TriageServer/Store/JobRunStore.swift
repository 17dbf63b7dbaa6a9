import JobQueue
import Postgres
import Triage

/// Somebody's asking for a triage run.
package struct TriageRequest: Sendable {
    var ticket: TicketID
    /// The same key must come with the same hash.
    var idempotencyKey: String
    /// SHA-256 of what was asked.
    var hash: [UInt8]
    /// nil is the server itself.
    var user: UserID?

    package init(ticket: TicketID, idempotencyKey: String, hash: [UInt8], user: UserID?) {
        self.ticket = ticket
        self.idempotencyKey = idempotencyKey
        self.hash = hash
        self.user = user
    }
}

/// Asked-for triage runs, each with the durable job that carries it out.
package struct JobRunStore: Sendable {
    package typealias Triggered = (run: JobRun, created: Bool)

    let pool: PostgresPool
    private let triggering: Batcher<OrganizationID, TriageRequest, Triggered>

    package init(pool: PostgresPool, queue: JobQueue) {
        self.pool = pool
        let retrying = Self.singles(pool, queue)
        triggering = Batcher { organization, requests, settle in
            do {
                let outcomes = try await Self.trigger(requests, in: organization, pool, queue)
                for (number, outcome) in outcomes.enumerated() { settle(number, outcome) }
                return nil
            } catch  where StoreAvailability.isRefusal(error) {
                // What one of them ran into is not the others' fault, nor that of who comes next: nobody waits for these.
                for (number, request) in requests.enumerated() {
                    Task { settle(number, await Result { try await retrying.outcome(of: request, for: organization) }) }
                }
                return nil
            } catch {
                for number in requests.indices { settle(number, .failure(error)) }
                return StoreAvailability.isUnavailable(error) ? error : nil
            }
        }
    }

    private enum RetryLimits {
        /// How long a batch waits for a lock, and then each of its requests.
        static let lockTimeout = "100ms"
        /// Of what a batch was refused, how many of an organisation are tried at a time.
        static let together = 4
        /// Longer than a whole batch of which every request waits for a lock.
        static let waitMax = Duration.seconds(5)
    }

    /// Requests one by one.
    private static func singles(
        _ pool: PostgresPool, _ queue: JobQueue
    ) -> Batcher<OrganizationID, TriageRequest, Triggered> {
        var limits = Batcher<OrganizationID, TriageRequest, Triggered>.Limits()
        limits.batches = RetryLimits.together
        limits.items = 1
        limits.waitMax = RetryLimits.waitMax
        return Batcher(limits: limits) { organization, requests, settle in
            var unavailable: (any Error)?
            for (number, request) in requests.enumerated() {
                let outcome = await Result { try await alone(request, in: organization, pool, queue) }
                if case .failure(let error) = outcome, StoreAvailability.isUnavailable(error) { unavailable = error }
                settle(number, outcome)
            }
            return unavailable
        }
    }

    private static let columns: SQL = """
        r.id, r.organization_id, r.ticket_id, r.status, r.attempt_count, r.started_at, r.finished_at, r.error,
        (SELECT s.id FROM suggestions s WHERE s.job_run_id = r.id) AS suggestion_id
        """

    /// Creates run, job and TRIAGE_ENQUEUED event in one transaction (promise I1), or finds the run that this key has
    /// already made (promise I9). What is asked at the same time in an organisation goes into one transaction, so that one
    /// COMMIT serves all of it.
    ///
    /// - Throws: `StoreError.notFound`, `.idempotencyKeyReused`, `.requestInFlight`.
    package func trigger(_ request: TriageRequest, in organization: OrganizationID) async throws -> Triggered {
        try await triggering.outcome(of: request, for: organization)
    }

    private static func trigger(
        _ requests: [TriageRequest], in organization: OrganizationID, _ pool: PostgresPool, _ queue: JobQueue
    ) async throws -> [Result<Triggered, any Error>] {
        var outcomes = Outcomes(of: requests)
        let results = try await pool.queries(
            [
                "SELECT set_config('lock_timeout', \(RetryLimits.lockTimeout), true)",
                creation(of: requests, in: organization),
            ], in: organization)
        try outcomes.take(created: results[1])
        if outcomes.haveCreated { queue.hint() }
        guard !outcomes.retries.isEmpty else { return outcomes.results }
        do {
            try outcomes.take(
                found: try await pool.query(lookup(outcomes.retries, of: requests, in: organization), in: organization))
        } catch {
            // What has been created is committed.
            outcomes.fail(outcomes.retries, with: error)
        }
        return outcomes.results
    }

    /// One request, the lock of the ticket first: what then is held is the key, as far as this program locks anything.
    private static func alone(
        _ request: TriageRequest, in organization: OrganizationID, _ pool: PostgresPool, _ queue: JobQueue
    ) async throws -> Triggered {
        let triggered = try await pool.withTransaction(in: organization) { connection in
            _ = try await connection.queries([
                "SELECT set_config('lock_timeout', \(RetryLimits.lockTimeout), true)",
                "SELECT 1 AS one FROM tickets WHERE id = \(request.ticket) FOR KEY SHARE",
            ])
            do {
                return try await trigger(request, in: organization, on: connection)
            } catch  where StoreAvailability.isHeld(error) {
                throw StoreError.requestInFlight
            }
        }
        if triggered.created { queue.hint() }
        return triggered
    }

    /// The same inside a transaction of the caller's, who hints the queue after COMMIT.
    static func trigger(
        _ request: TriageRequest, in organization: OrganizationID, on connection: PostgresConnection
    ) async throws -> Triggered {
        var outcomes = Outcomes(of: [request])
        try outcomes.take(created: try await connection.query(creation(of: [request], in: organization)))
        if !outcomes.retries.isEmpty {
            try outcomes.take(
                found: try await connection.query(lookup(outcomes.retries, of: [request], in: organization)))
        }
        return try outcomes.results[0].get()
    }

    /// Makes the runs with all that belongs to them, but for keys that have one already: a row for each request whose ticket
    /// there is, with its key's new run or none. In the order of tickets and keys, so that no two wait for each other.
    ///
    /// Finding the keys that have one is another statement (`lookup`), because few have, and because one that reads
    /// `job_runs` has a plan that depends on how full Postgres believes that table to be.
    private static func creation(of requests: [TriageRequest], in organization: OrganizationID) -> SQL {
        let job = JobQueue.insertion(
            of: NewJob(kind: .triage, organizationID: organization.rawValue, payload: "{}"),
            payload: "jsonb_build_object('job_run_id', run.id, 'ticket_id', run.ticket_id)", from: "run")
        return """
            WITH visible AS (
                SELECT t.id, asked.key, asked.hash, asked.user_id, asked.number
                FROM unnest(\(requests.map(\.ticket.rawValue)), \(requests.map(\.idempotencyKey)),
                            \(requests.map { Hexadecimal.text($0.hash) }), \(requests.map { $0.user?.rawValue ?? 0 }))
                     WITH ORDINALITY AS asked (ticket_id, key, hash, user_id, number)
                     JOIN tickets t ON t.id = asked.ticket_id
                WHERE t.organization_id = \(organization) AND t.deleted_at IS NULL
                ORDER BY t.id, asked.key, asked.number FOR KEY SHARE OF t
            ),
            run AS (
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, created_by)
                SELECT \(organization), id, key, decode(hash, 'hex'), nullif(user_id, 0) FROM visible
                ORDER BY id, key, number
                ON CONFLICT (ticket_id, idempotency_key) DO NOTHING
                RETURNING *
            ),
            job AS (\(job)),
            event AS (
                INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, actor_user_id, payload)
                SELECT \(organization), run.ticket_id, \(TicketEvent.Kind.triageEnqueued.rawValue),
                       CASE WHEN run.created_by IS NULL THEN 'system' ELSE 'user' END, run.created_by,
                       jsonb_build_object('job_run', run.id)
                FROM run
            )
            SELECT visible.number, r.id IS NOT NULL AS created, r.id, r.organization_id, r.ticket_id, r.status,
                   r.attempt_count, r.started_at, r.finished_at, r.error, NULL::bigint AS suggestion_id, r.request_hash
            FROM visible LEFT JOIN run r ON r.ticket_id = visible.id AND r.idempotency_key = visible.key
            ORDER BY visible.number
            """
    }

    /// Finds the runs that the keys of some of the requests have made before. After `creation`: a concurrent request with one
    /// of the keys has waited there until the other has committed, and sees its run here.
    private static func lookup(_ numbers: [Int], of requests: [TriageRequest], in organization: OrganizationID) -> SQL {
        """
        SELECT \(Self.columns), r.request_hash, asked.number
        FROM unnest(\(numbers.map { requests[$0].ticket.rawValue }), \(numbers.map { requests[$0].idempotencyKey }),
                    \(numbers.map { Int64($0) + 1 })) AS asked (ticket_id, key, number)
             JOIN job_runs r ON r.ticket_id = asked.ticket_id AND r.idempotency_key = asked.key
        WHERE r.organization_id = \(organization)
        """
    }

    /// One outcome a request. Which run is whose is Postgres's to say: texts that are equal here may be two keys there.
    private struct Outcomes {
        private let requests: [TriageRequest]
        private(set) var results: [Result<Triggered, any Error>]
        private(set) var haveCreated = false
        /// The requests whose keys have a run that this call has not made.
        private(set) var retries: [Int] = []

        init(of requests: [TriageRequest]) {
            self.requests = requests
            results = Array(repeating: .failure(StoreError.notFound), count: requests.count)
        }

        mutating func take(created rows: [PostgresRow]) throws {
            var runs = Set<JobRunID>()
            for row in rows {
                let number = try row.decode("number", as: Int.self) - 1
                guard try row.decode("created") else {
                    retries.append(number)
                    continue
                }
                // Of two with the same key the first has made it.
                try take(row, of: number, created: runs.insert(try row.decode("id")).inserted)
            }
            haveCreated = !runs.isEmpty
        }

        mutating func take(found rows: [PostgresRow]) throws {
            for row in rows { try take(row, of: try row.decode("number", as: Int.self) - 1, created: false) }
        }

        mutating func fail(_ numbers: [Int], with error: any Error) {
            for number in numbers { results[number] = .failure(error) }
        }

        private mutating func take(_ row: PostgresRow, of number: Int, created: Bool) throws {
            let same = try row.decode("request_hash", as: [UInt8].self) == requests[number].hash
            results[number] =
                same ? .success((try row.jobRun(), created)) : .failure(StoreError.idempotencyKeyReused)
        }
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
