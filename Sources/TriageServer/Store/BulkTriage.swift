import JobQueue
import Postgres
import Triage

/// Asking for the triage of many tickets at once.
struct BulkTriage: Sendable {
    enum Limits {
        /// Tickets of one request.
        static let ticketsMax = 1_000
    }

    /// Which tickets.
    enum Selection: Sendable {
        case tickets([TicketID])
        /// The newest `Limits.ticketsMax` that match.
        case filter(TicketFilter)
    }

    struct Outcome: Sendable, Equatable {
        var enqueued: Int
        /// Tickets that do not exist here, have a suggestion that waits for its decision, or are being triaged.
        var skipped: Int
        /// Whether this call did it, and not an earlier one with the same key.
        var isNew: Bool
    }

    /// Behind what somebody waits for: a thousand tickets take minutes.
    private static let priority: Int16 = -1

    let pool: PostgresPool
    let queue: JobQueue

    /// Creates runs, jobs and TRIAGE_ENQUEUED events, all of them in one transaction and a handful of statements, or finds
    /// what this key has already done (promise I9).
    ///
    /// - Parameter requestHash: SHA-256 of what was asked; the same key must come with the same one.
    /// - Throws: `StoreError.idempotencyKeyReused`, `.requestInFlight`.
    func enqueue(
        _ selection: Selection, in organization: OrganizationID, idempotencyKey: String, requestHash: [UInt8],
        by user: UserID
    ) async throws -> Outcome {
        let outcome = try await pool.withTransaction(in: organization) { connection in
            guard let request = try await connection.beginBulkTriage(idempotencyKey, requestHash, organization, user)
            else { return try await connection.bulkOutcome(of: idempotencyKey, requestHash, organization) }
            // Two requests with different keys must not both take a ticket that neither has seen the other take.
            try await connection.lockAdministration(of: organization)
            let tickets = try await connection.tickets(of: selection, in: organization)
            // Not a name that a client would think of, and at most 80 characters.
            let runKey = "bulk-triage:\(request)"
            let runs = try await connection.query(
                """
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, created_by)
                SELECT \(organization), t.id, \(runKey), \(requestHash), \(user)
                FROM unnest(\(tickets.map(\.rawValue))) AS t (id)
                WHERE NOT EXISTS (SELECT FROM suggestions s
                                  WHERE s.organization_id = \(organization) AND s.ticket_id = t.id
                                        AND s.status = 'pending')
                      AND NOT EXISTS (SELECT FROM job_runs r
                                      WHERE r.ticket_id = t.id AND r.status IN ('queued', 'running'))
                ORDER BY t.id
                ON CONFLICT (ticket_id, idempotency_key) DO NOTHING
                RETURNING id, ticket_id
                """
            ).map {
                (run: try $0.decode("id", as: JobRunID.self), ticket: try $0.decode("ticket_id", as: TicketID.self))
            }
            try await JobQueue.enqueue(
                runs.map { run, ticket in
                    NewJob(
                        kind: .triage, organizationID: organization.rawValue,
                        payload: TriageJobPayload(jobRun: run, ticket: ticket).json, priority: Self.priority)
                }, on: connection)
            try await connection.execute(
                """
                INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, actor_user_id, payload)
                SELECT \(organization), run.ticket, \(TicketEvent.Kind.triageEnqueued.rawValue), 'user', \(user),
                       jsonb_build_object('job_run', run.id)
                FROM unnest(\(runs.map(\.ticket.rawValue)), \(runs.map(\.run.rawValue))) AS run (ticket, id)
                """)
            let asked = if case .tickets(let ids) = selection { Set(ids).count } else { tickets.count }
            let outcome = Outcome(enqueued: runs.count, skipped: asked - runs.count, isNew: true)
            try await connection.execute(
                """
                UPDATE bulk_triages SET enqueued = \(outcome.enqueued), skipped = \(outcome.skipped)
                WHERE id = \(request) AND organization_id = \(organization)
                """)
            return outcome
        }
        if outcome.isNew, outcome.enqueued > 0 { queue.hint() }
        return outcome
    }
}

extension PostgresConnection {
    /// Takes the key, waiting for whoever is just doing so as long as the session waits for locks.
    ///
    /// - Returns: the request's id; nil when the key is an earlier request's.
    fileprivate func beginBulkTriage(
        _ key: String, _ hash: [UInt8], _ organization: OrganizationID, _ user: UserID
    ) async throws -> Int64? {
        do {
            let rows = try await query(
                """
                INSERT INTO bulk_triages (organization_id, idempotency_key, request_hash, created_by)
                VALUES (\(organization), \(key), \(hash), \(user))
                ON CONFLICT (organization_id, idempotency_key) DO NOTHING RETURNING id
                """)
            return try rows.first?.decode("id")
        } catch {
            // Not `catch where`, which with a typed error crashes the compiler of Swift 6.3.1.
            throw error.sqlState == .lockNotAvailable ? StoreError.requestInFlight : error
        }
    }

    fileprivate func bulkOutcome(
        of key: String, _ hash: [UInt8], _ organization: OrganizationID
    ) async throws -> BulkTriage.Outcome {
        let row = try await query(
            """
            SELECT enqueued, skipped, request_hash = \(hash) AS same_request FROM bulk_triages
            WHERE organization_id = \(organization) AND idempotency_key = \(key)
            """
        ).one()
        guard try row.decode("same_request", as: Bool.self) else { throw StoreError.idempotencyKeyReused }
        return BulkTriage.Outcome(
            enqueued: try row.decode("enqueued"), skipped: try row.decode("skipped"), isNew: false)
    }

    /// The selection's tickets, kept from being deleted until the transaction ends.
    fileprivate func tickets(
        of selection: BulkTriage.Selection, in organization: OrganizationID
    ) async throws -> [TicketID] {
        let condition: SQL =
            switch selection {
            case .tickets(let ids):
                "\(TicketFilter().condition(in: organization)) AND t.id = ANY(\(ids.map(\.rawValue)))"
            case .filter(let filter): filter.condition(in: organization)
            }
        return try await query(
            """
            SELECT t.id FROM tickets t WHERE \(condition)
            ORDER BY t.id DESC LIMIT \(BulkTriage.Limits.ticketsMax) FOR KEY SHARE OF t
            """
        ).map { try $0.decode("id") }
    }
}
