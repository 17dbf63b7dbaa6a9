import Logging
import Postgres
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct MigratorTests {
    private let logger = quietLogger
    private let first = Migration(
        number: 1, name: "tickets", sql: "CREATE TABLE tickets (id bigint); INSERT INTO tickets VALUES (1)")
    private let second = Migration(number: 2, name: "titles", sql: "ALTER TABLE tickets ADD title text")

    @Test func appliesWhatIsPendingOnce() async throws {
        try await OwnDatabase.withPool { pool async throws in
            #expect(try await Migrator([first], logger: logger).pending(pool) == [first])
            #expect(try await Migrator([first], logger: logger).migrate(pool) == [1])
            #expect(try await Migrator([second, first], logger: logger).pending(pool) == [second])
            #expect(try await Migrator([second, first], logger: logger).migrate(pool) == [2])
            #expect(try await Migrator([first, second], logger: logger).migrate(pool) == [])
            #expect(try await pool.query("SELECT id, title FROM tickets").count == 1)
        }
    }

    @Test func aFailingMigrationLeavesNothing() async throws {
        try await OwnDatabase.withPool { pool async throws in
            let broken = Migration(number: 2, name: "broken", sql: "CREATE TABLE half (n int); SELECT * FROM nowhere")
            let error = await failure { try await Migrator([first, broken], logger: logger).migrate(pool) }
            #expect(error?.code == .migrationFailed(number: 2))
            #expect(error?.description.contains("nowhere") == true)
            #expect(try await pool.query("SELECT to_regclass('half') IS NULL")[0].decode(0, as: Bool.self))
            #expect(try await Migrator([first], logger: logger).pending(pool) == [])
        }
    }

    @Test func editedAndUnknownMigrationsAreRefused() async throws {
        try await OwnDatabase.withPool { pool async throws in
            try await Migrator([first, second], logger: logger).migrate(pool)
            let edited = Migration(number: 1, name: "tickets", sql: first.sql + " ")
            #expect(
                await failure { try await Migrator([edited, second], logger: logger).migrate(pool) }?.code
                    == .migrationEdited(number: 1))
            #expect(
                await failure { try await Migrator([first], logger: logger).migrate(pool) }?.code
                    == .migrationMissing(number: 2))
        }
    }

    @Test func eightAtOnceApplyOnce() async throws {
        try await OwnDatabase.withPool { pool async throws in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await Migrator([first, second], logger: logger, timeout: .seconds(30)).migrate(pool)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
            #expect(try await pool.query("SELECT * FROM tickets").count == 1)
        }
    }
}
