import Postgres
import Triage

/// Tickets and their audit trail in Postgres. Every change and the event that tells of it are one transaction.
struct TicketStore: Sendable {
    let pool: PostgresPool

    /// Writes a ticket and its TICKET_CREATED event.
    func create(
        _ draft: TicketDraft, in organization: OrganizationID, by actor: TicketEvent.Actor
    ) async throws -> Ticket {
        try await pool.withTransaction(in: organization) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO tickets AS t (organization_id, requester_email, subject, body, priority)
                VALUES (\(organization), \(draft.requesterEmail), \(draft.subject), \(draft.body),
                        \(draft.priority.rawValue))
                RETURNING \(Ticket.columns)
                """)
            let ticket = try rows.one().ticket()
            try await connection.record(
                .ticketCreated, of: ticket.id, in: organization, by: actor,
                payload: ["priority": .string(ticket.priority.rawValue)])
            return ticket
        }
    }

    func ticket(_ id: TicketID, in organization: OrganizationID) async throws -> Ticket? {
        let rows = try await pool.query(
            """
            SELECT \(Ticket.columns) FROM tickets t
            WHERE t.id = \(id) AND t.organization_id = \(organization) AND t.deleted_at IS NULL
            """, in: organization)
        return try rows.first?.ticket()
    }

    /// A page of the organisation's tickets, and who the user is there: nothing for whoever is no member.
    func tickets(
        in organization: OrganizationID, for user: UserID, matching filter: TicketFilter,
        orderedBy order: [TicketOrder], page: PageWindow
    ) async throws -> (standing: AccessStore.Standing?, page: Page<Ticket>) {
        let condition = filter.condition(in: organization)
        // The id last makes every order total, so that pages neither repeat nor miss a ticket.
        let keys = order.map(\.expression) + ["t.id DESC"]
        let (standing, results) = try await pool.queries(
            [
                filter.tallied(in: organization) ?? "SELECT count(*) AS n FROM tickets t WHERE \(condition)",
                """
                SELECT \(Ticket.columns) FROM tickets t WHERE \(condition)
                ORDER BY \(keys.joined(separator: ", ")) LIMIT \(page.limit) OFFSET \(page.offset)
                """,
            ], by: Entry(user: user, door: .organization(organization)))
        return (standing, try Page(results) { try $0.ticket() })
    }

    /// Applies the changes and writes one event for each of status, priority and team that really changed.
    ///
    /// - Parameter ifVersion: the version the caller saw; nil to overwrite whatever is there.
    /// - Throws: `StoreError.notFound`, `.versionMismatch`, `.unknownTeam`.
    func update(
        _ id: TicketID, in organization: OrganizationID, changes: TicketChanges, ifVersion: Int64?,
        by actor: TicketEvent.Actor
    ) async throws -> Ticket {
        try await pool.withTransaction(in: organization) { connection in
            let before = try await connection.lockedTicket(id, in: organization)
            if let ifVersion, ifVersion != before.version { throw StoreError.versionMismatch }
            let after = try await connection.apply(changes, to: before, by: actor)
            if after.status == .resolved, before.status != .resolved, let team = after.assignedTeam {
                try await connection.recordDecision(
                    on: id, in: organization, team: team, priority: after.priority, by: .resolution)
            } else if after != before {
                try await connection.updateDecision(from: before, to: after)
            }
            return after
        }
    }

    /// Takes the ticket out of sight. Its row and its events stay.
    func delete(
        _ id: TicketID, in organization: OrganizationID, ifVersion: Int64?, by actor: TicketEvent.Actor
    ) async throws {
        try await pool.withTransaction(in: organization) { connection in
            let before = try await connection.lockedTicket(id, in: organization)
            if let ifVersion, ifVersion != before.version { throw StoreError.versionMismatch }
            try await connection.execute(
                """
                UPDATE tickets SET deleted_at = now(), updated_at = now(), version = version + 1 WHERE id = \(id)
                """)
            try await connection.record(
                .statusChanged, of: id, in: organization, by: actor,
                payload: ["from": .string(before.status.rawValue), "to": "deleted"])
            let decided = try await connection.execute("DELETE FROM decided_tickets WHERE ticket_id = \(id)")
            if decided > 0 {
                try await connection.recordIndexChange(.decided, of: organization, rows: [id.rawValue])
            }
        }
    }

    func events(
        of ticket: TicketID, in organization: OrganizationID, matching filter: EventFilter,
        orderedBy order: [EventOrder], page: PageWindow
    ) async throws -> Page<TicketEvent> {
        var conditions: [SQL] = ["organization_id = \(organization)", "ticket_id = \(ticket)"]
        if let kind = filter.kind { conditions.append("event_type = \(kind.rawValue)") }
        if let actorType = filter.actorType { conditions.append("actor_type = \(actorType)") }
        if let from = filter.createdFrom { conditions.append("created_at >= \(from)") }
        if let to = filter.createdTo { conditions.append("created_at <= \(to)") }
        let condition = conditions.joined(separator: " AND ")
        let keys = order.isEmpty ? ["created_at DESC"] : order.map(\.expression)
        return try await pool.page(
            count: "SELECT count(*) AS n FROM ticket_events WHERE \(condition)",
            rows: """
                SELECT id, ticket_id, event_type, actor_type, actor_user_id, payload, created_at
                FROM ticket_events WHERE \(condition)
                ORDER BY \((keys + ["id DESC"]).joined(separator: ", ")) LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization
        ) { try $0.ticketEvent() }
    }
}
