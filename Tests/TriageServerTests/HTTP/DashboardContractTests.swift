import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: dashboard")
struct DashboardContractTests {
    /// An organisation of its own, of which `outsider` is a viewer.
    private func organization(_ system: ContractSystem) async throws -> Int64 {
        let name = "Figures \(UUID().uuidString)"
        let rows = try await system.pool.query("INSERT INTO organizations (name) VALUES (\(name)) RETURNING id")
        let organization: Int64 = try #require(rows.first).decode("id")
        try await system.pool.execute(
            """
            INSERT INTO memberships (organization_id, user_id, role)
            SELECT \(organization), id, 'viewer' FROM users WHERE username = 'outsider'
            """)
        try await system.pool.execute(
            "INSERT INTO teams (organization_id, name) VALUES (\(organization), 'Billing'), (\(organization), 'Support')"
        )
        return organization
    }

    /// Suggestions of every outcome and confidence, with decisions after 1, 2, 3 … seconds.
    private func fill(_ system: ContractSystem, _ organization: Int64, _ count: Int64) async throws {
        try await system.pool.withTransaction { connection in
            try await connection.execute(
                """
                INSERT INTO tickets (organization_id, requester_email, subject, body, status, priority, assigned_team)
                SELECT \(organization), 'a@b.example', 's', 'b', (ARRAY['open', 'in_progress', 'resolved'])[1 + n % 3],
                       (ARRAY['low', 'medium', 'high', 'urgent'])[1 + n % 4],
                       (ARRAY['Billing', 'Support', NULL])[1 + n % 3]
                FROM generate_series(1, \(count)) AS n
                """)
            try await connection.execute(
                """
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, status)
                SELECT organization_id, id, 'k', '\\x00', 'succeeded' FROM tickets t
                WHERE organization_id = \(organization) AND NOT EXISTS (SELECT FROM job_runs r WHERE r.ticket_id = t.id)
                """)
            try await connection.execute(
                """
                INSERT INTO suggestions (organization_id, ticket_id, job_run_id, suggested_priority, suggested_team,
                    draft_reply, confidence, ticket_priority, ticket_status, ticket_subject, ticket_body_md5)
                SELECT r.organization_id, r.ticket_id, r.id, 'high', t.assigned_team, 'd',
                       CASE WHEN r.id % 7 > 0 THEN (r.id % 101) / 100.0 END, 'medium', 'open', 's', 'x'
                FROM job_runs r JOIN tickets t ON t.id = r.ticket_id
                WHERE r.organization_id = \(organization)
                      AND NOT EXISTS (SELECT FROM suggestions s WHERE s.job_run_id = r.id)
                """)
            // The rows as they are made, then decided one kind after another.
            for (remainder, status, decision, user) in [
                (1, "accepted", #"{"edits": {}}"#, true), (2, "accepted", #"{"edits": {"draft_reply": {}}}"#, true),
                (3, "accepted", #"{"edits": {"suggested_team": {}}}"#, true), (4, "rejected", "{}", true),
                (5, "accepted", #"{"edits": {}}"#, false),
            ] as [(Int32, String, String, Bool)] {
                try await connection.execute(
                    """
                    UPDATE suggestions SET status = \(status), decision = \(decision)::text::jsonb,
                        decided_by = CASE WHEN \(user) THEN (SELECT min(id) FROM users) END,
                        decided_at = created_at + (id % 997) * interval '1.5 seconds'
                    WHERE organization_id = \(organization) AND id % 6 = \(remainder) AND status = 'pending'
                    """)
            }
        }
    }

    @Test func figuresAreThoseOfTheRows() async throws {
        let system = try await ContractSystem.started()
        let organization = try await organization(system)
        let path = "/api/organizations/\(organization)/dashboard/"
        let empty = try await system.call("GET", path, as: system.outsider)
        #expect(empty["total_triaged"] == 0)
        #expect(empty["acceptance_rate"] == .null)
        #expect(empty["median_seconds_to_decision"] == .null)
        #expect(empty["precision_by_confidence"] == [])
        // Once with differences that nobody has added up yet, once without.
        for round in 0..<2 {
            try await fill(system, organization, 500 + Int64(round) * 37)
            if round == 1 { _ = try await system.pool.query("SELECT fold_tallies()") }
            let row = try #require(
                try await system.pool.query(
                    """
                    SELECT count(*) AS total, count(*) FILTER (WHERE status = 'accepted' AND decided_by IS NULL) AS auto,
                           count(*) FILTER (WHERE decided_by IS NOT NULL) AS reviewed, avg(confidence) AS confidence,
                           percentile_cont(0.5) WITHIN GROUP (
                               ORDER BY extract(epoch FROM decided_at - created_at)
                           ) FILTER (WHERE decided_by IS NOT NULL) AS median,
                           (count(*) FILTER (WHERE status = 'accepted' AND decided_by IS NOT NULL))::double precision
                               / count(*) FILTER (WHERE decided_by IS NOT NULL) AS acceptance,
                           (count(*) FILTER (WHERE decision -> 'edits' <> '{}' AND status = 'accepted'
                                                   AND decided_by IS NOT NULL))::double precision
                               / count(*) FILTER (WHERE status = 'accepted' AND decided_by IS NOT NULL) AS edited
                    FROM suggestions WHERE organization_id = \(organization)
                    """
                ).first)
            let answer = try await system.call("GET", path, as: system.outsider)
            #expect(answer["total_triaged"]?.intValue == (try row.decode("total")))
            #expect(answer["auto_applied"]?.intValue == (try row.decode("auto")))
            #expect(answer["human_reviewed"]?.intValue == (try row.decode("reviewed")))
            for (member, column) in [
                ("average_confidence", "confidence"), ("median_seconds_to_decision", "median"),
                ("acceptance_rate", "acceptance"), ("edited_rate", "edited"),
            ] {
                let expected: Double = try row.decode(column)
                let got = try #require(answer[member]?.doubleValue, "\(member)")
                #expect(abs(got - expected) < 1e-6, "\(member)")
            }
            let reviewed = answer["precision_by_confidence"]?.arrayValue?.compactMap { $0["reviewed"]?.intValue }
            let confident = try await system.count(
                """
                SELECT count(*) FROM suggestions
                WHERE organization_id = \(organization) AND decided_by IS NOT NULL AND confidence IS NOT NULL
                """)
            #expect(reviewed?.reduce(0, +) == confident)
        }
        for (detail, members) in [("triaged", "team"), ("reviewed", "outcome"), ("confidence", "confidence_from")] {
            let answer = try await system.call("GET", path + "?detail=\(detail)", as: system.outsider)
            let rows = try #require(answer["detail"]?.arrayValue)
            #expect(!rows.isEmpty && rows.allSatisfy { $0[members] != nil })
            if detail != "reviewed" {
                #expect(rows.compactMap { $0["total"]?.intValue }.reduce(0, +) == answer["total_triaged"]?.intValue)
            }
        }
        let wrong = try await system.call("GET", path + "?detail=all", as: system.outsider)
        #expect(wrong.status == 400)
    }

    @Test func ticketCountsAreThoseOfTheRows() async throws {
        let system = try await ContractSystem.started()
        let organization = try await organization(system)
        try await fill(system, organization, 120)
        try await system.pool.execute(
            "UPDATE tickets SET deleted_at = now() WHERE organization_id = \(organization) AND id % 5 = 0")
        try await system.pool.execute(
            "UPDATE tickets SET assigned_team = 'Support' WHERE organization_id = \(organization) AND id % 7 = 0")
        try await system.pool.execute(
            "UPDATE teams SET name = 'Renamed' WHERE organization_id = \(organization) AND name = 'Billing'")
        for folds in [false, true] {
            if folds { _ = try await system.pool.query("SELECT fold_tallies()") }
            for (query, condition) in [
                ("", "true"), ("?status=open", "status = 'open'"), ("?priority=high", "priority = 'high'"),
                ("?assigned_team=Renamed", "assigned_team = 'Renamed'"), ("?assigned_team=Billing", "false"),
                (
                    "?status=resolved&priority=low&assigned_team=Support",
                    "status = 'resolved' AND priority = 'low' AND assigned_team = 'Support'"
                ),
            ] as [(String, SQL)] {
                let expected = try await system.count(
                    """
                    SELECT count(*) FROM tickets
                    WHERE organization_id = \(organization) AND deleted_at IS NULL AND \(condition)
                    """)
                let answer = try await system.call(
                    "GET", "/api/organizations/\(organization)/tickets/\(query)", as: system.outsider)
                #expect(answer["count"]?.intValue == expected, "\(query)")
            }
        }
    }
}
