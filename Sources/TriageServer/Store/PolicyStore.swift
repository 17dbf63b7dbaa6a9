import Postgres
import Triage

/// What each organisation lets through without a person.
struct PolicyStore: Sendable {
    /// What a write asks for; nil leaves it as it is.
    struct Changes: Sendable {
        var isEnabled: Bool?
        /// Takes the place of all entries.
        var entries: [AutoApplyPolicy.Entry]?
    }

    let pool: PostgresPool

    /// Entries by team.
    func policy(of organization: OrganizationID) async throws -> AutoApplyPolicy {
        try await pool.withTransaction(in: organization, .readOnly) { connection in
            try await connection.autoApplyPolicy(of: organization)
        }
    }

    /// What people have decided on the suggestions that each entry lets through, in the entries' order.
    func measures(
        of entries: [AutoApplyPolicy.Entry], in organization: OrganizationID
    ) async throws -> [AutoApplyPolicy.Measure] {
        guard !entries.isEmpty else { return [] }
        // Held against what was proposed: an accepted suggestion carries what the agent made of it.
        let rows = try await pool.query(
            """
            SELECT count(s.id) AS decided,
                   count(s.id) FILTER (
                       WHERE s.status = 'accepted' AND s.suggested_team = s.proposed_team
                             AND s.suggested_priority = s.proposed_priority
                             AND s.decision -> 'applied' @> '["suggested_priority", "suggested_team"]') AS unchanged
            FROM unnest(\(entries.map(\.team)), \(entries.map(\.confidenceMin)))
                     WITH ORDINALITY AS entry (team, confidence_min, place)
                 LEFT JOIN suggestions s
                     ON s.organization_id = \(organization) AND s.proposed_team = entry.team
                        AND s.confidence >= entry.confidence_min AND s.decided_by IS NOT NULL
            GROUP BY entry.place ORDER BY entry.place
            """, in: organization)
        return try rows.map {
            AutoApplyPolicy.Measure(decided: try $0.decode("decided"), acceptedUnchanged: try $0.decode("unchanged"))
        }
    }

    /// From the moment that this returns nothing is applied by the policy as it was.
    ///
    /// - Throws: `StoreError.unknownTeam`.
    func change(
        of organization: OrganizationID, to changes: Changes, by user: UserID
    ) async throws -> AutoApplyPolicy {
        try await pool.administer(organization, by: user) { connection in
            let before = try await connection.autoApplyPolicy(of: organization)
            var after = before
            if let isEnabled = changes.isEnabled { after.isEnabled = isEnabled }
            if let entries = changes.entries { after.entries = entries }
            if after == before, before.updatedAt != nil { return before }
            for entry in after.entries { try await connection.requireTeam(entry.team, in: organization) }
            try await connection.execute(
                """
                INSERT INTO auto_apply_policies (organization_id, is_enabled)
                VALUES (\(organization), \(after.isEnabled))
                ON CONFLICT (organization_id) DO UPDATE SET is_enabled = excluded.is_enabled, updated_at = now()
                """)
            try await connection.execute("DELETE FROM auto_apply_teams WHERE organization_id = \(organization)")
            try await connection.execute(
                """
                INSERT INTO auto_apply_teams (organization_id, team, confidence_min)
                SELECT \(organization), entry.team, entry.confidence_min
                FROM unnest(\(after.entries.map(\.team)), \(after.entries.map(\.confidenceMin)))
                     AS entry (team, confidence_min)
                """)
            try await connection.record(
                .policyChanged, in: organization, by: user,
                payload: [
                    "auto_apply_enabled": .bool(after.isEnabled),
                    "auto_apply": .array(
                        after.entries.map { ["team": .string($0.team), "confidence_min": .double($0.confidenceMin)] }),
                ])
            return try await connection.autoApplyPolicy(of: organization)
        }
    }
}

extension PostgresConnection {
    /// The policy as it stands.
    ///
    /// - Parameter isHeld: whether it must stay so until the transaction ends.
    func autoApplyPolicy(of organization: OrganizationID, isHeld: Bool = false) async throws -> AutoApplyPolicy {
        let lock: SQL = isHeld ? "FOR SHARE" : ""
        let rows = try await query(
            """
            SELECT is_enabled, updated_at FROM auto_apply_policies WHERE organization_id = \(organization) \(lock)
            """)
        guard let row = rows.first else { return AutoApplyPolicy() }
        let entries = try await query(
            """
            SELECT team, confidence_min FROM auto_apply_teams WHERE organization_id = \(organization) ORDER BY team
            """)
        return AutoApplyPolicy(
            isEnabled: try row.decode("is_enabled"),
            entries: try entries.map {
                AutoApplyPolicy.Entry(team: try $0.decode("team"), confidenceMin: try $0.decode("confidence_min"))
            },
            updatedAt: try row.decode("updated_at"))
    }
}
