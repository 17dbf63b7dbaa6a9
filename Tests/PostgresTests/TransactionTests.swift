import Postgres
import Testing

struct TransactionTests {
    struct Refusal: Error {}

    private func withTable(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (n int UNIQUE)")
            try await body(connection)
        }
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT count(*) FROM t")[0].decode(0)
    }

    @Test(arguments: [TransactionMode.readCommitted, .repeatableRead, .serializable])
    func commits(mode: TransactionMode) async throws {
        try await withTable { connection async throws in
            let isolation = try await connection.transaction(mode) { connection in
                try await connection.execute("INSERT INTO t VALUES (1)")
                return try await connection.query("SHOW transaction_isolation")[0].decode(0, as: String.self)
            }
            #expect(mode.isolation == isolation)
            #expect(try await count(connection) == 1)
        }
    }

    @Test func whatThrowsIsRolledBack() async throws {
        try await withTable { connection async throws in
            await #expect(throws: Refusal.self) {
                try await connection.transaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1)")
                    throw Refusal()
                }
            }
            let left = try await count(connection)
            #expect(left == 0)
        }
    }

    @Test func anIgnoredErrorIsNoCommit() async throws {
        try await withTable { connection async throws in
            let error = await failure {
                try await connection.transaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1)")
                    _ = try? await connection.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.code == .transactionAborted)
            let left = try await count(connection)
            #expect(left == 0)
        }
    }

    @Test func readOnlyRefusesWrites() async throws {
        try await withTable { connection async throws in
            let error = await failure {
                try await connection.transaction(.readOnly) { try await $0.execute("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.sqlState?.rawValue == "25006")
        }
    }

    @Test func nestingIsRefused() async throws {
        try await withTable { connection async throws in
            let error = await failure {
                try await connection.transaction { connection in try await connection.transaction { _ in } }
            }
            #expect(error?.code == .misuse)
            try await connection.transaction { _ in }
        }
    }

    @Test func aCancelledTransactionIsRolledBack() async throws {
        try await TestDatabase.withPool { pool async throws in
            try await pool.execute("CREATE TABLE t (n int)")
            let (entered, enter) = AsyncStream<Void>.makeStream()
            let task = Task {
                try await pool.withTransaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (1)")
                    enter.finish()
                    try await Task.sleep(for: .seconds(60))
                }
            }
            for await _ in entered {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await pool.query("SELECT * FROM t").isEmpty)
            // Rolled back cleanly, the connection was kept.
            #expect(pool.stats.idle == 1)
        }
    }

    @Test func losingTheServerDuringCommitIsUnknown() async throws {
        try await TestDatabase.with { database async throws in
            let killer = try await PostgresConnection.connect(database.configuration)
            let connection = try await PostgresConnection.connect(database.configuration)
            try await connection.script(
                """
                CREATE TABLE t (n int);
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION slow()
                """)
            let pid = connection.processID
            let task = Task { try await connection.transaction { try await $0.execute("INSERT INTO t VALUES (1)") } }
            try await waitUntil("COMMIT runs", killer) {
                "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            }
            _ = try await killer.query("SELECT pg_terminate_backend(\(pid))")
            #expect(await failure { try await task.value }?.code == .commitUnknown)
        }
    }
}

extension TransactionMode {
    fileprivate var isolation: String {
        switch self {
        case .readCommitted: "read committed"
        case .repeatableRead, .readOnly: "repeatable read"
        case .serializable: "serializable"
        }
    }
}
