import JobQueue
import Postgres
import Triage

/// The writes on a ticket that several stores make inside their own transactions.
extension PostgresConnection {
    /// The ticket, locked against changes until the transaction ends; what refers to it may still be added.
    ///
    /// - Throws: `StoreError.notFound`.
    func lockedTicket(_ id: TicketID, in organization: OrganizationID) async throws -> Ticket {
        let rows = try await query(
            """
            SELECT \(Ticket.columns) FROM tickets t
            WHERE t.id = \(id) AND t.organization_id = \(organization) AND t.deleted_at IS NULL FOR NO KEY UPDATE
            """)
        guard let row = rows.first else { throw StoreError.notFound }
        return try row.ticket()
    }

    /// Writes what differs from `before`, with its events.
    ///
    /// - Throws: `StoreError.unknownTeam`.
    func apply(
        _ changes: TicketChanges, to before: Ticket, by actor: TicketEvent.Actor
    ) async throws -> Ticket {
        var after = before
        if let status = changes.status { after.status = status }
        if let priority = changes.priority { after.priority = priority }
        if let team = changes.assignedTeam { after.assignedTeam = team }
        if let subject = changes.subject { after.subject = subject }
        if let body = changes.body { after.body = body }
        guard !after.hasSameContents(as: before) else { return before }
        if !after.assignedTeam.hasSameBytes(as: before.assignedTeam) {
            try await requireTeam(after.assignedTeam, in: before.organization)
        }
        let rows = try await query(
            """
            UPDATE tickets t
            SET status = \(after.status.rawValue), priority = \(after.priority.rawValue),
                assigned_team = \(after.assignedTeam), subject = \(after.subject), body = \(after.body),
                updated_at = now(), version = version + 1
            WHERE t.id = \(before.id) AND t.organization_id = \(before.organization)
            RETURNING \(Ticket.columns)
            """)
        let written = try rows.one().ticket()
        func tell(_ kind: TicketEvent.Kind, from: String?, to: String?) async throws {
            guard !from.hasSameBytes(as: to) else { return }
            try await record(
                kind, of: before.id, in: before.organization, by: actor,
                payload: ["from": JSONValue(from), "to": JSONValue(to)])
        }
        try await tell(.statusChanged, from: before.status.rawValue, to: written.status.rawValue)
        try await tell(.priorityChanged, from: before.priority.rawValue, to: written.priority.rawValue)
        try await tell(.assignedTeamChanged, from: before.assignedTeam, to: written.assignedTeam)
        return written
    }

    /// Checks that the organisation has a team of that name.
    ///
    /// - Throws: `StoreError.unknownTeam`.
    func requireTeam(_ name: String?, in organization: OrganizationID) async throws {
        guard let name else { return }
        let known = try await query(
            "SELECT 1 AS one FROM teams WHERE organization_id = \(organization) AND name = \(name)")
        if known.isEmpty { throw StoreError.unknownTeam(name) }
    }

    /// Adds a line to a ticket's audit trail.
    func record(
        _ kind: TicketEvent.Kind, of ticket: TicketID, in organization: OrganizationID, by actor: TicketEvent.Actor,
        payload: JSONValue
    ) async throws {
        try await execute(
            """
            INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, actor_user_id, payload)
            VALUES (\(organization), \(ticket), \(kind.rawValue), \(actor.type), \(actor.user), \(payload))
            """)
    }

    /// How a decision came about; the schema's `decided_by`.
    enum DecisionSource: String {
        case approval, correction, resolution, `import`
    }

    /// Makes the ticket a label that routing learns from; the indexer embeds it afterwards.
    func recordDecision(
        on ticket: TicketID, in organization: OrganizationID, team: String, priority: Ticket.Priority,
        by source: DecisionSource
    ) async throws {
        try await execute(
            """
            INSERT INTO decided_tickets (ticket_id, organization_id, team, priority, decided_by)
            VALUES (\(ticket), \(organization), \(team), \(priority.rawValue), \(source.rawValue))
            ON CONFLICT (ticket_id) DO UPDATE
            SET team = excluded.team, priority = excluded.priority, decided_by = excluded.decided_by,
                decided_at = now()
            """)
        try await recordIndexChange(.decided, of: organization, rows: [ticket.rawValue])
        _ = try await JobQueue.enqueue(.embed(.decided, of: organization), on: self)
    }

    /// Lets a decided ticket's label follow what a person changed since: team, priority, and the text that is embedded.
    func updateDecision(from before: Ticket, to after: Ticket) async throws {
        let text = !before.text.hasSameBytes(as: after.text)
        let label =
            !before.assignedTeam.hasSameBytes(as: after.assignedTeam) || before.priority != after.priority
        guard text || label else { return }
        let updated = try await execute(
            """
            UPDATE decided_tickets
            SET team = coalesce(\(after.assignedTeam), team), priority = \(after.priority.rawValue),
                embedding = CASE WHEN \(text) THEN NULL ELSE embedding END,
                embedding_model = CASE WHEN \(text) THEN NULL ELSE embedding_model END
            WHERE ticket_id = \(after.id) AND organization_id = \(after.organization)
            """)
        guard updated > 0 else { return }
        try await recordIndexChange(.decided, of: after.organization, rows: [after.id.rawValue])
        if text { _ = try await JobQueue.enqueue(.embed(.decided, of: after.organization), on: self) }
    }
}

extension Ticket {
    /// Whether everything that a change can change is the same, texts byte for byte.
    fileprivate func hasSameContents(as other: Ticket) -> Bool {
        status == other.status && priority == other.priority && assignedTeam.hasSameBytes(as: other.assignedTeam)
            && subject.hasSameBytes(as: other.subject) && body.hasSameBytes(as: other.body)
    }
}
