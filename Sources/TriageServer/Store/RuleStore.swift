import Postgres
import Triage

/// The organisation's routing rules, numbered from 0 without gaps in the order in which they are tried.
struct RuleStore: Sendable {
    /// What a PATCH asks for; nil leaves a field as it is.
    struct Changes: Sendable {
        var keywords: [String]?
        /// `.some(nil)` takes the team away.
        var team: String??
        var priority: Ticket.Priority??
        /// Where the rule goes; the ones from there on move along. Beyond the end is the end.
        var position: Int?
    }

    let pool: PostgresPool

    private static let columns: SQL = "id, position, keywords, team, priority"

    /// In order.
    func rules(in organization: OrganizationID, page: PageWindow) async throws -> Page<PositionedRule> {
        try await pool.page(
            count: "SELECT count(*) AS n FROM routing_rules WHERE organization_id = \(organization)",
            rows: """
                SELECT \(Self.columns) FROM routing_rules WHERE organization_id = \(organization)
                ORDER BY position LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization, PositionedRule.init)
    }

    func rule(_ id: RuleID, in organization: OrganizationID) async throws -> PositionedRule? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM routing_rules WHERE id = \(id) AND organization_id = \(organization)",
            in: organization)
        return try rows.first.map(PositionedRule.init)
    }

    /// - Parameter position: nil puts the rule behind the others.
    /// - Throws: `StoreError.unknownTeam`, `.tooMany`.
    func create(
        _ rule: RoutingRule, at position: Int?, in organization: OrganizationID, by user: UserID
    ) async throws -> PositionedRule {
        try await pool.administer(organization, by: user) { connection in
            try await connection.requireTeam(rule.team, in: organization)
            var order = try await connection.ruleOrder(in: organization)
            guard order.count < RoutingRule.Limits.countMax else {
                throw StoreError.tooMany("rules", countMax: RoutingRule.Limits.countMax)
            }
            let id: RuleID = try await connection.query(
                """
                INSERT INTO routing_rules (organization_id, position, keywords, team, priority)
                SELECT \(organization), coalesce(max(position) + 1, 0), \(rule.keywords), \(rule.team),
                       \(rule.priority?.rawValue)
                FROM routing_rules WHERE organization_id = \(organization)
                RETURNING id
                """
            ).one().decode("id")
            let place = min(position ?? order.count, order.count)
            order.insert(id, at: place)
            try await connection.renumberRules(order, in: organization)
            let created = PositionedRule(id: id, position: place, rule: rule)
            try await connection.record(.ruleCreated, in: organization, by: user, payload: created.audit)
            return created
        }
    }

    /// - Throws: `StoreError.notFound`, `.unknownTeam`; `.emptyRule` when neither team nor priority would be left.
    func update(
        _ id: RuleID, in organization: OrganizationID, changes: Changes, by user: UserID
    ) async throws -> PositionedRule {
        try await pool.administer(organization, by: user) { connection in
            let rows = try await connection.query(
                "SELECT \(Self.columns) FROM routing_rules WHERE id = \(id) AND organization_id = \(organization)")
            guard let before = try rows.first.map(PositionedRule.init) else { throw StoreError.notFound }
            var after = before
            if let keywords = changes.keywords { after.rule.keywords = keywords }
            if let team = changes.team { after.rule.team = team }
            if let priority = changes.priority { after.rule.priority = priority }
            if after.rule.team == nil, after.rule.priority == nil { throw StoreError.emptyRule }
            try await connection.requireTeam(after.rule.team, in: organization)
            if let position = changes.position {
                var order = try await connection.ruleOrder(in: organization)
                order.removeAll { $0 == id }
                after.position = min(position, order.count)
                order.insert(id, at: after.position)
                try await connection.renumberRules(order, in: organization)
            }
            guard after != before else { return before }
            try await connection.execute(
                """
                UPDATE routing_rules SET keywords = \(after.rule.keywords), team = \(after.rule.team),
                                         priority = \(after.rule.priority?.rawValue)
                WHERE id = \(id) AND organization_id = \(organization)
                """)
            try await connection.record(.ruleChanged, in: organization, by: user, payload: after.audit)
            return after
        }
    }

    /// The rules behind it move up.
    ///
    /// - Throws: `StoreError.notFound`.
    func delete(_ id: RuleID, in organization: OrganizationID, by user: UserID) async throws {
        try await pool.administer(organization, by: user) { connection in
            let rows = try await connection.query(
                """
                DELETE FROM routing_rules WHERE id = \(id) AND organization_id = \(organization)
                RETURNING \(Self.columns)
                """)
            guard let deleted = try rows.first.map(PositionedRule.init) else { throw StoreError.notFound }
            try await connection.renumberRules(
                try await connection.ruleOrder(in: organization), in: organization)
            try await connection.record(.ruleDeleted, in: organization, by: user, payload: deleted.audit)
        }
    }
}

extension PostgresConnection {
    fileprivate func ruleOrder(in organization: OrganizationID) async throws -> [RuleID] {
        try await query("SELECT id FROM routing_rules WHERE organization_id = \(organization) ORDER BY position")
            .map { try $0.decode("id") }
    }

    /// Numbers the rules as they stand in the list: one statement, because positions are unique at its end only.
    fileprivate func renumberRules(_ order: [RuleID], in organization: OrganizationID) async throws {
        try await execute(
            """
            UPDATE routing_rules r SET position = place.ordinality - 1
            FROM unnest(\(order.map(\.rawValue))) WITH ORDINALITY AS place (id, ordinality)
            WHERE r.id = place.id AND r.organization_id = \(organization) AND r.position <> place.ordinality - 1
            """)
    }
}

extension PositionedRule {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), position: try row.decode("position"),
            rule: RoutingRule(
                keywords: try row.decode("keywords"), team: try row.decode("team"),
                priority: try row.decode("priority", as: String?.self).flatMap(Ticket.Priority.init)))
    }

    fileprivate var audit: JSONValue {
        [
            "rule": .int(id.rawValue), "position": .int(Int64(position)),
            "keywords": .array(rule.keywords.map(JSONValue.string)), "team": JSONValue(rule.team),
            "priority": JSONValue(rule.priority?.rawValue),
        ]
    }
}
