import Postgres
import Triage

/// Organisations and what they decide about themselves: teams and routing rules.
struct OrganizationStore: Sendable {
    let pool: PostgresPool

    /// By name.
    func teams(in organization: OrganizationID, page: PageWindow) async throws -> Page<Team> {
        try await pool.withConnection { connection in
            let count = try await connection.query(
                "SELECT count(*) AS n FROM teams WHERE organization_id = \(organization)"
            ).one()
            let rows = try await connection.query(
                """
                SELECT id, name, description FROM teams WHERE organization_id = \(organization)
                ORDER BY name LIMIT \(page.limit) OFFSET \(page.offset)
                """)
            return Page(count: try count.decode("n"), items: try rows.map { try $0.team() })
        }
    }

    /// Everything that routing one ticket needs, in two round trips.
    func routing(of organization: OrganizationID) async throws -> RoutingPolicy {
        try await pool.withConnection { connection in
            let teams = try await connection.query(
                "SELECT id, name, description FROM teams WHERE organization_id = \(organization) ORDER BY name")
            let rules = try await connection.query(
                """
                SELECT keywords, team, priority FROM routing_rules
                WHERE organization_id = \(organization) ORDER BY position
                """)
            return RoutingPolicy(
                teams: try teams.map { try $0.team() },
                rules: try rules.map { row in
                    RoutingRule(
                        keywords: try row.decode("keywords"), team: try row.decode("team"),
                        priority: try row.decode("priority", as: String?.self).flatMap(Ticket.Priority.init))
                })
        }
    }
}

extension PostgresRow {
    fileprivate func team() throws -> Team {
        Team(id: try decode("id"), name: try decode("name"), description: try decode("description"))
    }
}
