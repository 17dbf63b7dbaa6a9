import FoundationEssentials
import JobQueue
import Postgres
import Triage

/// Writes the demo organisation into an empty database, and nothing into any other.
struct DemoStore: Sendable {
    /// The key under which the newest open tickets are triggered, once.
    static let triggerKey = "demo-seed"

    /// Marks the events of what was seeded.
    static let source = "demo data"

    struct Counts: Sendable {
        var documents: Int
        var decided: Int
        var open: Int
    }

    let pool: PostgresPool
    let queue: JobQueue

    /// Whether nobody has used this database yet.
    func isEmpty() async throws -> Bool {
        try await pool.query("SELECT 1 AS one FROM organizations LIMIT 1").isEmpty
    }

    /// The organisation that was seeded, or whichever was there first: the one that a newcomer looks at.
    func organization() async throws -> OrganizationID? {
        try await pool.query("SELECT id FROM organizations ORDER BY id LIMIT 1").first?.decode("id")
    }

    /// All rows of the demo in one transaction, so that an interrupted seeding leaves nothing.
    ///
    /// - Parameter passwordHash: of every demo user.
    /// - Returns: nil when the database was not empty after all.
    func seed(_ demo: DemoData, passwordHash: String) async throws -> Counts? {
        try await pool.withTransaction { connection in
            try await connection.execute("LOCK TABLE organizations IN EXCLUSIVE MODE")
            guard try await connection.query("SELECT 1 AS one FROM organizations LIMIT 1").isEmpty else { return nil }
            let organization: OrganizationID = try await connection.query(
                "INSERT INTO organizations (name) VALUES (\(demo.organization.name)) RETURNING id"
            ).one().decode("id")
            try await connection.insertMembers(demo.organization, of: organization, passwordHash: passwordHash)
            for document in demo.documents {
                _ = try await DocumentStore.insert(
                    title: document.title, text: document.text, metadata: ["file": .string(document.file)],
                    in: organization, on: connection)
            }
            var decided = 0
            for ticket in demo.tickets {
                try await connection.insert(ticket, in: organization)
                if ticket.status == .resolved { decided += 1 }
            }
            for kind in IndexKind.allCases {
                try await connection.recordIndexChange(kind, of: organization, rows: [])
            }
            return Counts(
                documents: demo.documents.count, decided: decided, open: demo.tickets.count - decided)
        }
    }

    /// Triggers triage of the demo's newest open tickets, unless its organisation has ever triggered any.
    ///
    /// - Returns: how many.
    func triggerNewest(_ count: Int) async throws -> Int {
        let triggered = try await pool.withTransaction { connection in
            let tickets = try await connection.query(
                """
                SELECT t.id, t.organization_id
                FROM tickets t JOIN ticket_events e ON e.organization_id = t.organization_id AND e.ticket_id = t.id
                WHERE e.event_type = 'TICKET_CREATED' AND e.payload ->> 'source' = \(Self.source)
                      AND t.status = 'open' AND t.deleted_at IS NULL
                      AND NOT EXISTS (SELECT FROM job_runs r WHERE r.organization_id = t.organization_id)
                ORDER BY t.id DESC LIMIT \(count)
                """)
            for row in tickets {
                let request = TriageRequest(
                    ticket: try row.decode("id"), idempotencyKey: Self.triggerKey, hash: [], user: nil)
                _ = try await JobRunStore.trigger(request, in: try row.decode("organization_id"), on: connection)
            }
            return tickets.count
        }
        queue.hint()
        return triggered
    }
}

extension PostgresConnection {
    fileprivate func insertMembers(
        _ demo: DemoData.Organization, of organization: OrganizationID, passwordHash: String
    ) async throws {
        for team in demo.teams {
            try await execute(
                """
                INSERT INTO teams (organization_id, name, description)
                VALUES (\(organization), \(team.name), \(team.description))
                """)
        }
        for (position, rule) in demo.rules.enumerated() {
            try await execute(
                """
                INSERT INTO routing_rules (organization_id, position, keywords, team, priority)
                VALUES (\(organization), \(Int32(position)), \(rule.keywords), \(rule.team), \(rule.priority?.rawValue))
                """)
        }
        for user in demo.users {
            let id: UserID = try await query(
                """
                INSERT INTO users (username, email, first_name, last_name, password_hash)
                VALUES (\(user.username), \(user.email), \(user.firstName), \(user.lastName), \(passwordHash))
                RETURNING id
                """
            ).one().decode("id")
            try await execute(
                """
                INSERT INTO memberships (organization_id, user_id, role)
                VALUES (\(organization), \(id), \(user.role.rawValue))
                """)
        }
    }

    /// A ticket with its history: an open one as its requester sent it, a resolved one with what was decided.
    fileprivate func insert(_ ticket: DemoData.Ticket, in organization: OrganizationID) async throws {
        let resolved = ticket.status == .resolved
        let id: TicketID = try await query(
            """
            INSERT INTO tickets (organization_id, requester_email, subject, body, status, priority, assigned_team,
                                 created_at, updated_at)
            VALUES (\(organization), \(ticket.requesterEmail), \(ticket.subject), \(ticket.body),
                    \(ticket.status.rawValue), \(resolved ? ticket.priority.rawValue : "medium"),
                    \(resolved ? ticket.team : nil), \(ticket.createdAt), \(ticket.createdAt))
            RETURNING id
            """
        ).one().decode("id")
        try await execute(
            """
            INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, payload, created_at)
            VALUES (\(organization), \(id), 'TICKET_CREATED', 'system',
                    \(["ref": .string(ticket.ref), "source": .string(DemoStore.source)] as JSONValue), \(ticket.createdAt))
            """)
        guard resolved else { return }
        try await execute(
            """
            INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, payload, created_at)
            VALUES (\(organization), \(id), 'STATUS_CHANGED', 'system',
                    \(["from": "open", "to": "resolved", "source": .string(DemoStore.source)] as JSONValue), \(ticket.createdAt))
            """)
        try await execute(
            """
            INSERT INTO decided_tickets (ticket_id, organization_id, team, priority, decided_by, decided_at)
            VALUES (\(id), \(organization), \(ticket.team), \(ticket.priority.rawValue), 'import', \(ticket.createdAt))
            """)
    }
}
