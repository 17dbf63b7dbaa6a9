import Logging
import Postgres
import TestSupport
import Testing
import TriageServer

@Suite("The migration to administration")
struct AdministrationMigrationTests {
    /// Suggestions of before are measured by what was proposed, which only their events still know.
    @Test func olderSuggestionsGetTheirProposalsFromTheirEvents() async throws {
        let logger = Logger(label: "migration") { _ in SwiftLogNoOpLogHandler() }
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: try await TestDatabase.make(), poolSizeMax: 2, acquireTimeout: .seconds(60)),
            logger: logger)
        let rows: [PostgresRow]
        do {
            try await Migrator(Array(Schema.migrations[..<2]), logger: logger).migrate(pool)
            try await pool.withConnection { connection in
                try await connection.script(
                    """
                    INSERT INTO organizations (id, name) VALUES (1, 'One');
                    INSERT INTO teams (organization_id, name) VALUES (1, 'Billing'), (1, 'Support');
                    INSERT INTO tickets (id, organization_id, requester_email, subject, body)
                        VALUES (1, 1, 'a@b.example', 's', 'b');
                    INSERT INTO job_runs (id, organization_id, ticket_id, idempotency_key, request_hash)
                        VALUES (1, 1, 1, 'a', '\\x00'), (2, 1, 1, 'b', '\\x00'), (3, 1, 1, 'c', '\\x00');
                    INSERT INTO suggestions (id, organization_id, ticket_id, job_run_id, suggested_priority,
                                             suggested_team, draft_reply, ticket_priority, ticket_status,
                                             ticket_subject, ticket_body_md5)
                        VALUES (1, 1, 1, 1, 'low', 'Support', '', 'medium', 'open', 's', ''),
                               (2, 1, 1, 2, 'low', 'Support', '', 'medium', 'open', 's', ''),
                               (3, 1, 1, 3, 'low', 'Support', '', 'medium', 'open', 's', '');
                    INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, payload) VALUES
                        (1, 1, 'SUGGESTION_CREATED', 'ai',
                         '{"suggestion": 1, "suggested_priority": "high", "suggested_team": "Billing"}'),
                        (1, 1, 'SUGGESTION_CREATED', 'ai',
                         '{"suggestion": 2, "suggested_priority": "low", "suggested_team": null}');
                    """)
            }
            try await Migrator(Schema.migrations, logger: logger).migrate(pool)
            rows = try await pool.query("SELECT proposed_priority, proposed_team FROM suggestions ORDER BY id")
        } catch {
            await pool.shutdown()
            throw error
        }
        #expect(try rows.map { try $0.decode("proposed_priority", as: String.self) } == ["high", "low", "low"])
        // The third has no event: what it says now is all that is known.
        #expect(try rows.map { try $0.decode("proposed_team", as: String?.self) } == ["Billing", nil, "Support"])
        await pool.shutdown()
    }
}
