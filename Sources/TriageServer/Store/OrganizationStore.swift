import Postgres
import Triage

/// Organisations and what they decide about themselves: teams and routing rules.
struct OrganizationStore: Sendable {
    let pool: PostgresPool

    /// By name.
    func teams(in organization: OrganizationID, page: PageWindow) async throws -> Page<Team> {
        try await pool.page(
            count: "SELECT count(*) AS n FROM teams WHERE organization_id = \(organization)",
            rows: """
                SELECT id, name, description FROM teams WHERE organization_id = \(organization)
                ORDER BY name LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization
        ) { try $0.team() }
    }

    /// Everything that routing one ticket needs.
    func routing(of organization: OrganizationID) async throws -> RoutingPolicy {
        let results = try await pool.queries(
            [
                "SELECT id, name, description FROM teams WHERE organization_id = \(organization) ORDER BY name",
                """
                SELECT keywords, team, priority FROM routing_rules
                WHERE organization_id = \(organization) ORDER BY position
                """,
            ], in: organization)
        return RoutingPolicy(
            teams: try results[0].map { try $0.team() },
            rules: try results[1].map { row in
                RoutingRule(
                    keywords: try row.decode("keywords"), team: try row.decode("team"),
                    priority: try row.decode("priority", as: String?.self).flatMap(Ticket.Priority.init))
            })
    }
}

extension PostgresRow {
    fileprivate func team() throws -> Team {
        Team(id: try decode("id"), name: try decode("name"), description: try decode("description"))
    }
}
