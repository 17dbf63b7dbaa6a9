import Postgres
import TestSupport
import Testing
import TriageServer

/// What the text indexes hold and are asked: nothing that two organisations share, or the time of a search would tell
/// which words others' texts have.
@Suite("Text search of one organisation")
struct TextSearchTests {
    private static let ofTwoOrganizations = """
        INSERT INTO organizations (id, name) VALUES (1, 'One'), (12, 'Twelve');
        INSERT INTO tickets (id, organization_id, requester_email, subject, body)
        SELECT o * 100 + n, o, email, subject, body
        FROM (VALUES (1), (12)) AS organizations (o),
             (VALUES (1, 'ann@shop.example', 'Red apple', 'It''s not here: "wi-fi" c:\\dir 2/apple 12/apple'),
                     (2, 'bob@shop.example', 'Green apple', 'See https://shop.example/a apple red'),
                     (3, 'ann@mail.example', 'Pear', 'Red'),
                     (4, 'eve@mail.example', '!!!', '...')) AS tickets (n, email, subject, body);
        INSERT INTO tickets (id, organization_id, requester_email, subject, body)
            VALUES (1205, 12, 'secret@twelve.example', 'Merger', 'with nobody'),
                   (1206, 12, 'long@twelve.example', 'Long', repeat('x', 2046)),
                   (1207, 12, 'long@twelve.example', 'Long', repeat('x', 2045) || 'y');
        INSERT INTO documents (id, organization_id, title, text) VALUES (1, 1, 'One', 'x'), (12, 12, 'Twelve', 'x');
        INSERT INTO chunks (id, organization_id, document_id, chunk_index, text, char_start, char_end)
        SELECT o * 100 + n, o, o, n, text, 0, 1
        FROM (VALUES (1), (12)) AS organizations (o),
             (VALUES (1, 'Refunds of parcels'), (2, 'Parcels'), (3, 'A refund, and a refund')) AS chunks (n, text);
        """

    private static func with(_ body: (PostgresPool) async throws -> Void) async throws {
        try await MigratedDatabase.with { pool, _ in
            try await pool.withConnection { try await $0.script(ofTwoOrganizations) }
            try await body(pool)
        }
    }

    /// The rows of a statement, run with the server's rights in a transaction that has entered the organisation.
    private static func asServer(
        in organization: Int64?, _ statement: SQL, _ pool: PostgresPool
    ) async throws -> [PostgresRow] {
        let entered = organization.map(String.init) ?? ""
        let results = try await pool.queries([
            "SELECT set_config('role', 'nexify_app', true), set_config('nexify.organization', \(entered), true)",
            statement,
        ])
        return results[1]
    }

    private static func tickets(_ words: String, in organization: Int64?, _ pool: PostgresPool) async throws -> [Int64]
    {
        try await asServer(
            in: organization, "SELECT found AS id FROM tickets_matching(\(words)) AS found ORDER BY 1", pool
        ).map { try $0.decode("id") }
    }

    @Test func organizationsShareNoKeyOfAnIndex() async throws {
        try await Self.with { pool in
            let definitions = try await pool.query(
                """
                SELECT indexdef AS name FROM pg_indexes
                WHERE schemaname = current_schema() AND indexdef LIKE '%USING gin%' ORDER BY indexname
                """
            ).map { try $0.decode("name", as: String.self) }
            #expect(definitions.count == 2)
            for definition in definitions {
                #expect(definition.hasSuffix("USING gin (organization_lexemes(organization_id, search))"))
            }
            let keys: SQL = """
                SELECT DISTINCT t.organization_id, key
                FROM (SELECT organization_id, search FROM tickets
                      UNION ALL SELECT organization_id, search FROM chunks) AS t,
                     unnest(tsvector_to_array(organization_lexemes(t.organization_id, t.search))) AS key
                """
            // What both have written is there, once for each.
            let ofOne = try await MigratedDatabase.count(
                pool, "SELECT count(*) FROM (\(keys)) AS keys WHERE organization_id = 1 AND key LIKE '%apple'")
            #expect(ofOne == 3)
            let shared = try await pool.query(
                "SELECT key AS name FROM (\(keys)) AS keys GROUP BY key HAVING count(*) > 1"
            ).map { try $0.decode("name", as: String.self) }
            #expect(shared == [])
        }
    }

    /// Negations, weights and what follows what are left to the rows; what remains is no narrower than the query.
    @Test func asksTheIndexForWordsOfTheOrganization() async throws {
        let queries: [(given: String, asked: String)] = [
            ("a", "'2/a'"), ("a & b", "'2/a' & '2/b'"), ("a | b & c", "'2/a' | '2/b' & '2/c'"),
            ("(a | b) & c", "( '2/a' | '2/b' ) & '2/c'"), ("a & !b", "'2/a'"), ("!a", "'2/'"), ("a | !b", "'2/'"),
            ("!(a <-> b) & c", "'2/c'"), ("a <-> b <3> c", "'2/a' & '2/b' & '2/c'"),
            ("a <-> (b | c)", "'2/a' & ( '2/b' | '2/c' )"),
            ("a:* & b:*AB | c:D", "'2/a':* & '2/b':* | '2/c'"), ("'T'", "'2/T'"), ("a <-> !b", "'2/a'"),
            ("'it''s' & 'b\\\\c <-> d:* !'", "'2/it''s' & '2/b\\\\c <-> d:* !'"),
            (String(repeating: "é", count: 300), "'2/\(String(repeating: "é", count: 255))'"),
            (String(repeating: "x", count: 2_046), "'2/\(String(repeating: "x", count: 255))'"),
        ]
        try await MigratedDatabase.with { pool, _ in
            for query in queries {
                let row = try #require(
                    try await pool.query("SELECT organization_query(2, \(query.given)::tsquery)::text AS asked").first)
                #expect(try row.decode("asked", as: String?.self) == query.asked)
            }
            // Without words, or before an organisation is entered, there is nothing to ask for.
            let nothing = try #require(
                try await pool.query(
                    """
                    SELECT organization_query(2, websearch_to_tsquery('simple', '!')) IS NULL
                           AND organization_query(NULL, 'a') IS NULL AS nothing
                    """
                ).first)
            #expect(try nothing.decode("nothing", as: Bool.self))
        }
    }

    /// Held against a look at each row without an index.
    @Test func findsWhatTheWordsMeanAndOnlyOnesOwn() async throws {
        let searches: [(words: String, found: Int)] = [
            ("apple", 2), ("APPLE red", 2), ("\"red apple\"", 1), ("apple -\"red apple\"", 1), ("-apple", 2),
            ("-nowhere", 4),
            ("pear or green", 2), ("ann@shop.example", 1), ("wi-fi", 1), ("it's", 1), ("2/apple", 1), ("12/apple", 1),
            ("wi-fi -pear", 1), ("nowhere", 0), ("!!!", 0), ("", 0),
            ("merger", 0), ("secret@twelve.example", 0), (String(repeating: "x", count: 2_046), 0),
        ]
        try await Self.with { pool in
            for (words, found) in searches {
                for organization: Int64 in [1, 12] {
                    let wanted = try await pool.query(
                        """
                        SELECT id FROM tickets
                        WHERE organization_id = \(organization) AND search @@ websearch_to_tsquery('simple', \(words))
                        ORDER BY id
                        """
                    ).map { try $0.decode("id", as: Int64.self) }
                    #expect(try await Self.tickets(words, in: organization, pool) == wanted, "\(words)")
                    if organization == 1 { #expect(wanted.count == found, "\(words)") }
                }
                #expect(try await Self.tickets(words, in: nil, pool) == [], "\(words)")
            }
        }
    }

    /// A prefix would make them longer than Postgres allows.
    @Test func tellsWordsApartThatAreTooLongForTheIndex() async throws {
        try await Self.with { pool in
            let long = String(repeating: "x", count: 2_045)
            for (words, id) in [(long + "x", 1206), (long + "y", 1207), ("long -\(long)y", 1206)] as [(String, Int64)] {
                let found = try await Self.tickets(words, in: 12, pool)
                #expect(found == [id])
            }
        }
    }

    @Test func ranksOnlyOnesOwnPassages() async throws {
        try await Self.with { pool in
            let queries: [(query: String, found: [Int64])] = [
                ("'refund'", [3, 1]), ("'refund' | 'parcel'", [1, 3, 2]), ("'refund' <2> 'parcel'", [1]),
                ("'parcel' & !'refund'", [2]), ("!'parcel'", [3]), ("'refu':*", [3, 1]), ("'nowhere'", []),
            ]
            for (query, found) in queries {
                for organization: Int64 in [1, 12] {
                    let rows = try await Self.asServer(
                        in: organization, "SELECT id FROM chunks_matching(\(query)::tsquery, 10) ORDER BY rank", pool)
                    let ids = try rows.map { try $0.decode("id", as: Int64.self) - organization * 100 }
                    #expect(ids == found, "\(query)")
                }
                #expect(
                    try await Self.asServer(in: nil, "SELECT id FROM chunks_matching(\(query)::tsquery, 10)", pool)
                        .isEmpty)
            }
        }
    }

    /// Neither all rows nor all of the organisation's: Postgres counts what it scans.
    @Test func asksNothingButTheTextIndex() async throws {
        let scans: SQL = """
            SELECT relname::text AS name, pg_stat_get_xact_numscans(oid) AS n FROM pg_class
            WHERE oid IN ('tickets'::regclass, 'chunks'::regclass)
                  OR oid IN (SELECT indexrelid FROM pg_index
                             WHERE indrelid IN ('tickets'::regclass, 'chunks'::regclass))
            ORDER BY 1
            """
        try await Self.with { pool in
            try await pool.execute(
                """
                INSERT INTO tickets (id, organization_id, requester_email, subject, body)
                SELECT 10000 + n, 1 + 11 * (n % 2), 'a@b.example', 'Subject ' || n, 'Body'
                FROM generate_series(1, 2000) AS n
                """)
            try await pool.execute(
                """
                INSERT INTO chunks (id, organization_id, document_id, chunk_index, text, char_start, char_end)
                SELECT o * 10000 + n, o, o, n, 'Passage ' || n, 0, 1
                FROM (VALUES (1), (12)) AS organizations (o), generate_series(1000, 2000) AS n
                """)
            for statistics in ["without", "with"] {
                if statistics == "with" { try await pool.execute("ANALYZE tickets, chunks") }
                let results = try await pool.queries([
                    "SELECT set_config('role', 'nexify_app', true), set_config('nexify.organization', '1', true)",
                    scans,
                    "SELECT count(*) FROM tickets_matching('subject')",
                    "SELECT count(*) FROM tickets_matching('-apple')",
                    "SELECT count(*) FROM chunks_matching('passag', 10)",
                    scans,
                ])
                #expect(try results[2].map { try $0.decode("count", as: Int64.self) } == [1_000])
                var counted: [String: Int64] = [:]
                for (before, after) in zip(results[1], results[5]) {
                    let n = try after.decode("n", as: Int64.self) - before.decode("n", as: Int64.self)
                    if n > 0 { counted[try after.decode("name", as: String.self)] = n }
                }
                #expect(counted == ["tickets_search": 2, "chunks_search": 1], "\(statistics) statistics")
            }
        }
    }

    @Test func findsRowsThatAreOlderThanTheIndex() async throws {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: try await TestDatabase.make(), poolSizeMax: 2, acquireTimeout: .seconds(60)),
            logger: MigratedDatabase.logger)
        let found: [Int64]
        do {
            try await Migrator(Array(Schema.migrations[..<6]), logger: MigratedDatabase.logger).migrate(pool)
            try await pool.withConnection { connection in
                try await connection.script(
                    """
                    INSERT INTO organizations (id, name) VALUES (1, 'One'), (2, 'Two');
                    INSERT INTO tickets (id, organization_id, requester_email, subject, body)
                        VALUES (1, 1, 'a@b.example', 'Apple', 'b'), (2, 2, 'a@b.example', 'Apple', 'b');
                    """)
            }
            try await Migrator(Schema.migrations, logger: MigratedDatabase.logger).migrate(pool)
            found = try await Self.tickets("apple", in: 1, pool)
        } catch {
            await pool.shutdown()
            throw error
        }
        #expect(found == [1])
        await pool.shutdown()
    }
}
