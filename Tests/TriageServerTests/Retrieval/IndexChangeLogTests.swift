import Logging
import Postgres
import TestSupport
import Testing
import Triage
import TriageServer

@Suite("The log of what changed in an index's rows")
struct IndexChangeLogTests {
    private static let one = OrganizationID(1)
    private static let two = OrganizationID(2)
    private let logger = Logger(label: "log") { _ in SwiftLogNoOpLogHandler() }

    private func withDatabase(
        migrations: ArraySlice<Migration> = Schema.migrations[...], _ body: (PostgresPool) async throws -> Void
    ) async throws {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: try await TestDatabase.make(), poolSizeMax: 4, acquireTimeout: .seconds(60)),
            logger: logger)
        do {
            try await Migrator(Array(migrations), logger: logger).migrate(pool)
            try await body(pool)
            await pool.shutdown()
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    /// An organisation with chunks 1, 2 and 3 of the model "m", of which the log knows nothing.
    private func fill(_ pool: PostgresPool) async throws {
        try await pool.execute("INSERT INTO organizations (id, name) VALUES (1, 'One'), (2, 'Two')")
        try await pool.execute(
            "INSERT INTO documents (id, organization_id, title, text) VALUES (1, 1, 'T', 'abc'), (2, 2, 'T', 'abc')")
        try await pool.execute(
            """
            INSERT INTO chunks (id, organization_id, document_id, chunk_index, text, char_start, char_end, embedding,
                                embedding_model)
            SELECT n, 1, 1, n, 'a', 0, 1, ARRAY[n, 1]::real[]::vector, 'm' FROM generate_series(1, 3) AS n
            """)
    }

    private func change(_ pool: PostgresPool, _ rows: [Int64], organization: OrganizationID = Self.one) async throws {
        try await pool.withTransaction { connection in
            try await connection.recordIndexChange(.knowledgeBase, of: organization, rows: rows)
        }
    }

    @Test func saysWhatChangedAfterAVersionAsItIsNow() async throws {
        try await withDatabase { pool in
            try await fill(pool)
            let log = IndexChangeLog(pool: pool)
            let nothing = try await log.changes(of: .knowledgeBase, in: Self.one, after: 0, model: "m")
            #expect(nothing?.version == 0)
            try await change(pool, [1, 2])
            try await change(pool, [2, 3])
            try await pool.execute("DELETE FROM chunks WHERE id = 3")
            try await pool.execute("UPDATE chunks SET embedding_model = 'another' WHERE id = 2")
            try await change(pool, [3])

            let all = try #require(try await log.changes(of: .knowledgeBase, in: Self.one, after: 0, model: "m"))
            #expect(all.version == 3)
            #expect(all.rows.map(\.id) == [1, 2, 3])
            // A row that is gone, or of another model, is to be removed.
            #expect(all.rows.map(\.vector) == [[1, 1], nil, nil])
            let later = try #require(try await log.changes(of: .knowledgeBase, in: Self.one, after: 1, model: "m"))
            #expect(later.rows.map(\.id) == [2, 3])
            let none = try #require(try await log.changes(of: .knowledgeBase, in: Self.one, after: 3, model: "m"))
            #expect(none.rows.isEmpty)
            // The other organisation's index has heard of nothing.
            #expect(try await log.changes(of: .knowledgeBase, in: Self.two, after: 0, model: "m")?.rows.isEmpty == true)
            // A version to come: the database was restored to a time before it.
            #expect(try await log.changes(of: .knowledgeBase, in: Self.one, after: 4, model: "m") == nil)
        }
    }

    @Test func namesTheIndexesThatMoved() async throws {
        try await withDatabase { pool in
            try await fill(pool)
            let log = IndexChangeLog(pool: pool)
            try await change(pool, [1])
            try await change(pool, [1], organization: Self.two)
            let known: [IndexChangeLog.Source] = [
                .init(organization: Self.one, kind: .knowledgeBase, version: 1),
                .init(organization: Self.one, kind: .decided, version: 0),
                .init(organization: Self.two, kind: .knowledgeBase, version: 0),
            ]
            #expect(
                try await log.moved(from: known) == [.init(organization: Self.two, kind: .knowledgeBase, version: 1)])
            #expect(try await log.moved(from: []) == [])
        }
    }

    @Test func aPrunedLogSaysWhereItBegins() async throws {
        try await withDatabase { pool in
            try await fill(pool)
            let log = IndexChangeLog(pool: pool)
            try await change(pool, [1])
            try await pool.execute("UPDATE index_changes SET changed_at = now() - interval '8 days'")
            try await change(pool, [2])
            #expect(try await log.prune() == 1)
            #expect(try await log.prune() == 0)
            #expect(try await log.changes(of: .knowledgeBase, in: Self.one, after: 0, model: "m") == nil)
            #expect(
                try await log.changes(of: .knowledgeBase, in: Self.one, after: 1, model: "m")?.rows.map(\.id) == [2])
        }
    }

    /// What changed before there was a log is in none: an index of that time that is behind is built from the rows.
    @Test func anOlderDatabaseBeginsItsLogWhereItIs() async throws {
        try await withDatabase(migrations: Schema.migrations[..<1]) { pool in
            try await fill(pool)
            try await pool.execute(
                "INSERT INTO index_sources (organization_id, kind, version) VALUES (1, 'kb', 7), (1, 'decided', 2)")
            try await Migrator(Schema.migrations, logger: logger).migrate(pool)
            let log = IndexChangeLog(pool: pool)
            #expect(try await log.changes(of: .knowledgeBase, in: Self.one, after: 6, model: "m") == nil)
            #expect(try await log.changes(of: .knowledgeBase, in: Self.one, after: 7, model: "m")?.rows.isEmpty == true)
            try await change(pool, [3])
            let changes = try #require(try await log.changes(of: .knowledgeBase, in: Self.one, after: 7, model: "m"))
            #expect(changes.version == 8)
            #expect(changes.rows.map(\.id) == [3])
        }
    }

    /// Versions come in the order of commits: who has seen one has seen all before it.
    @Test func concurrentChangesLoseNothing() async throws {
        try await withDatabase { pool in
            try await fill(pool)
            let log = IndexChangeLog(pool: pool)
            var seen: Set<Int64> = []
            var version: Int64 = 0
            // Read until one more look after the last change: were a change to fail, this ends all the same.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for row in Int64(1)...40 { group.addTask { try await change(pool, [row]) } }
                var isOver = false
                while !isOver {
                    isOver = try await group.next() == nil
                    let changes = try #require(
                        try await log.changes(of: .knowledgeBase, in: Self.one, after: version, model: "m"))
                    seen.formUnion(changes.rows.map(\.id))
                    version = changes.version
                }
            }
            #expect(version == 40)
            #expect(seen == Set(1...40))
        }
    }
}
