import Postgres
import Triage

/// The organisation's teams. A team's name is what tickets, rules, labels and suggestions refer to, so renaming it renames
/// it there as well, and one that is referred to cannot be deleted.
struct TeamStore: Sendable {
    /// What a PATCH asks for; nil leaves a field as it is.
    struct Changes: Sendable {
        var name: String?
        var description: String?
    }

    let pool: PostgresPool

    func team(_ id: TeamID, in organization: OrganizationID) async throws -> Team? {
        let rows = try await pool.query(
            "SELECT id, name, description FROM teams WHERE id = \(id) AND organization_id = \(organization)",
            in: organization)
        return try rows.first.map(Team.init)
    }

    /// - Throws: `StoreError.duplicate("name")`, `.tooMany`.
    func create(
        name: String, description: String, in organization: OrganizationID, by user: UserID
    ) async throws -> Team {
        try await pool.administer(organization, by: user) { connection in
            let count = try await connection.query(
                "SELECT count(*) AS n FROM teams WHERE organization_id = \(organization)"
            ).one().decode("n", as: Int.self)
            guard count < Team.Limits.countMax else {
                throw StoreError.tooMany("teams", countMax: Team.Limits.countMax)
            }
            let rows = try await connection.query(
                """
                INSERT INTO teams (organization_id, name, description)
                VALUES (\(organization), \(name), \(description))
                ON CONFLICT (organization_id, name) DO NOTHING RETURNING id, name, description
                """)
            guard let team = try rows.first.map(Team.init) else { throw StoreError.duplicate(field: "name") }
            try await connection.record(
                .teamCreated, in: organization, by: user,
                payload: ["team": .int(team.id.rawValue), "name": .string(name)])
            return team
        }
    }

    /// - Throws: `StoreError.notFound`, `.duplicate("name")`.
    func update(
        _ id: TeamID, in organization: OrganizationID, changes: Changes, by user: UserID
    ) async throws -> Team {
        try await pool.administer(organization, by: user) { connection in
            let before = try await connection.team(id, in: organization)
            var after = before
            if let name = changes.name { after.name = name }
            if let description = changes.description { after.description = description }
            guard after != before else { return before }
            var payload: [String: JSONValue] = ["team": .int(id.rawValue), "name": .string(after.name)]
            if !after.name.hasSameBytes(as: before.name) {
                let taken = try await connection.query(
                    "SELECT 1 AS one FROM teams WHERE organization_id = \(organization) AND name = \(after.name)")
                guard taken.isEmpty else { throw StoreError.duplicate(field: "name") }
                payload["from"] = .string(before.name)
                try await connection.prepareRenaming(before.name, to: after.name, in: organization)
            }
            try await connection.execute(
                """
                UPDATE teams SET name = \(after.name), description = \(after.description)
                WHERE id = \(id) AND organization_id = \(organization)
                """)
            try await connection.record(.teamChanged, in: organization, by: user, payload: .object(payload))
            return after
        }
    }

    /// - Throws: `StoreError.notFound`; `.inUse` naming what refers to the team.
    func delete(_ id: TeamID, in organization: OrganizationID, by user: UserID) async throws {
        try await pool.administer(organization, by: user) { connection in
            let team = try await connection.team(id, in: organization)
            let uses = try await connection.uses(of: team.name, in: organization)
            guard uses.isEmpty else { throw StoreError.inUse("team", by: uses) }
            do {
                try await connection.execute("DELETE FROM teams WHERE id = \(id) AND organization_id = \(organization)")
            } catch let error as PostgresError where error.sqlState == .foreignKeyViolation {
                // Somebody has begun to refer to it since we looked.
                throw StoreError.inUse("team", by: [error.table ?? "rows"])
            }
            try await connection.record(
                .teamDeleted, in: organization, by: user,
                payload: ["team": .int(id.rawValue), "name": .string(team.name)])
        }
    }
}

extension Team {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(id: try row.decode("id"), name: try row.decode("name"), description: try row.decode("description"))
    }
}

extension PostgresConnection {
    fileprivate func team(_ id: TeamID, in organization: OrganizationID) async throws -> Team {
        let rows = try await query(
            """
            SELECT id, name, description FROM teams
            WHERE id = \(id) AND organization_id = \(organization)
            """)
        guard let row = rows.first else { throw StoreError.notFound }
        return try Team(row)
    }

    /// Takes the tickets first, as everybody does who writes to a ticket: the cascade that follows then finds them free.
    /// And lets what a pending suggestion remembers of its ticket follow, which no foreign key does: otherwise the rename
    /// would look like a person's change of the ticket.
    fileprivate func prepareRenaming(
        _ name: String, to newName: String, in organization: OrganizationID
    ) async throws {
        _ = try await query(
            """
            SELECT count(*) AS n FROM (
                SELECT FROM tickets WHERE organization_id = \(organization) AND assigned_team = \(name)
                ORDER BY id FOR UPDATE) AS locked
            """)
        try await execute(
            """
            UPDATE suggestions SET ticket_team = \(newName)
            WHERE organization_id = \(organization) AND ticket_team = \(name) AND status = 'pending'
            """)
    }

    /// What refers to the team, with its number: "3 tickets".
    fileprivate func uses(of team: String, in organization: OrganizationID) async throws -> [String] {
        let row = try await query(
            """
            SELECT (SELECT count(*) FROM tickets
                    WHERE organization_id = \(organization) AND assigned_team = \(team)) AS tickets,
                   (SELECT count(*) FROM routing_rules
                    WHERE organization_id = \(organization) AND team = \(team)) AS rules,
                   (SELECT count(*) FROM suggestions
                    WHERE organization_id = \(organization)
                          AND (suggested_team = \(team) OR proposed_team = \(team))) AS suggestions,
                   (SELECT count(*) FROM decided_tickets
                    WHERE organization_id = \(organization) AND team = \(team)) AS decisions,
                   (SELECT count(*) FROM auto_apply_teams
                    WHERE organization_id = \(organization) AND team = \(team)) AS policies
            """
        ).one()
        let kinds = [
            ("tickets", "tickets"), ("rules", "routing rules"), ("suggestions", "suggestions"),
            ("decisions", "decided tickets"), ("policies", "auto-apply entries"),
        ]
        return try kinds.compactMap { column, name in
            let count: Int = try row.decode(column)
            return count == 0 ? nil : "\(count) \(name)"
        }
    }
}
