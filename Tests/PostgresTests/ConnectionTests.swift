import Postgres
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func tenThousandRowsInsertedOneByOne() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (id bigint PRIMARY KEY, body text)")
            try await connection.transaction { connection in
                for id in 0..<10_000 {
                    let affected = try await connection.execute("INSERT INTO t VALUES (\(id), \("row \(id)"))")
                    #expect(affected == 1)
                }
            }
            let rows = try await connection.query("SELECT id, body FROM t ORDER BY id")
            #expect(rows.count == 10_000)
            for (id, row) in rows.enumerated() {
                #expect(try row.decode("id", as: Int.self) == id)
                #expect(try row.decode("body", as: String.self) == "row \(id)")
            }
            #expect(try await connection.execute("DELETE FROM t WHERE id < \(10)") == 10)
        }
    }

    @Test func moreStatementsThanTheCacheHolds() async throws {
        try await OwnDatabase.with({ $0.preparedStatementsMax = 2 }) { database async throws in
            let connection = try await PostgresConnection.connect(database.configuration)
            let statements: [SQL] = ["SELECT \(1)", "SELECT \(1) + 1", "SELECT \(1) + 2", "SELECT \(1) + 3"]
            for _ in 0..<3 {
                for (position, statement) in statements.enumerated() {
                    #expect(try await connection.query(statement)[0].decode(0, as: Int.self) == 1 + position)
                }
            }
            let prepared = try await connection.query("SELECT count(*) FROM pg_prepared_statements")
            #expect(try prepared[0].decode(0, as: Int.self) <= 2)
        }
    }

    @Test func withoutPreparedStatements() async throws {
        try await OwnDatabase.with({ $0.preparedStatementsMax = 0 }) { database async throws in
            let connection = try await PostgresConnection.connect(database.configuration)
            for n in 0..<3 { #expect(try await connection.query("SELECT \(n), \("")")[0].decode(0, as: Int.self) == n) }
            let prepared = try await connection.query("SELECT count(*) FROM pg_prepared_statements")
            #expect(try prepared[0].decode(0, as: Int.self) == 0)
        }
    }

    @Test func aChangedTableIsPreparedAgain() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
            #expect(try await connection.query("SELECT * FROM t")[0].columnNames == ["a"])
            try await connection.script("ALTER TABLE t ADD b text DEFAULT 'x'")
            #expect(try await connection.query("SELECT * FROM t")[0].decode("b", as: String.self) == "x")
            try await connection.script("ALTER TABLE t RENAME a TO c")
            #expect(try await connection.query("SELECT * FROM t")[0].columnNames == ["c", "b"])
            try await connection.script("DEALLOCATE ALL")
            #expect(try await connection.query("SELECT * FROM t")[0].columnNames == ["c", "b"])
        }
    }

    @Test func serverErrorsAreNamedAndCarryNoValues() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (email text CONSTRAINT t_email_unique UNIQUE, n int)")
            try await connection.execute("INSERT INTO t VALUES (\("secret@example.com"))")
            let duplicate = await failure {
                try await connection.execute("INSERT INTO t VALUES (\("secret@example.com"))")
            }
            #expect(duplicate?.code == .server(.uniqueViolation))
            #expect(duplicate?.isViolation(of: "t_email_unique") == true)
            #expect(duplicate?.table == "t")
            let malformed = await failure { try await connection.query("SELECT \("secret")::int") }
            #expect(malformed?.code == .server(.invalidTextRepresentation))
            for error in [duplicate, malformed] { #expect(error?.description.contains("secret") == false) }
            let missing = await failure { try await connection.query("SELECT * FROM nowhere") }
            #expect(missing?.code == .server(.undefinedTable))
            #expect(missing?.description.contains("nowhere") == true)
            let nul = await failure { try await connection.query("SELECT \("a\0b")") }
            #expect(nul?.sqlState?.rawValue == "22021")
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func aStatementPastItsTimeIsStopped() async throws {
        try await OwnDatabase.with { database async throws in
            let watcher = try await PostgresConnection.connect(database.configuration)
            let connection = try await PostgresConnection.connect(database.configuration)
            let pid = connection.processID
            let error = await failure { try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(50)) }
            #expect(error?.code == .timedOut)
            #expect(await failure { try await connection.query("SELECT 1") }?.code == .closed)
            try await waitUntilGone(pid, watcher)
        }
    }

    @Test func aCancelledStatementIsStopped() async throws {
        try await OwnDatabase.with { database async throws in
            let watcher = try await PostgresConnection.connect(database.configuration)
            let connection = try await PostgresConnection.connect(database.configuration)
            let pid = connection.processID
            let task = Task { try await connection.query("SELECT pg_sleep(60)") }
            try await waitUntil("the statement runs", watcher) {
                "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            }
            task.cancel()
            #expect(await failure { try await task.value }?.code == .cancelled)
            #expect(await failure { try await connection.query("SELECT 1") }?.code == .closed)
            try await waitUntilGone(pid, watcher)
        }
    }

    @Test func aTaskCancelledBeforehandSendsNothing() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (n int)")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await connection.execute("INSERT INTO t VALUES (1)")
            }
            #expect(await failure { try await task.value }?.code == .cancelled)
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func aKilledBackendBreaksTheStatement() async throws {
        try await OwnDatabase.with { database async throws in
            let killer = try await PostgresConnection.connect(database.configuration)
            let connection = try await PostgresConnection.connect(database.configuration)
            let pid = connection.processID
            let task = Task { try await connection.query("SELECT pg_sleep(60)") }
            try await waitUntil("the statement runs", killer) {
                "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            }
            _ = try await killer.query("SELECT pg_terminate_backend(\(pid))")
            let error = await failure { try await task.value }
            #expect(error?.code == .connectionFailed)
            #expect(error?.isUnavailable == true)
        }
    }

    @Test func anIdleConnectionNoticesItsEnd() async throws {
        try await OwnDatabase.with { database async throws in
            let killer = try await PostgresConnection.connect(database.configuration)
            let (closed, close) = AsyncStream<Void>.makeStream()
            let connection = try await PostgresConnection.connect(database.configuration, onClose: { close.finish() })
            _ = try await killer.query("SELECT pg_terminate_backend(\(connection.processID))")
            for await _ in closed {}
            #expect(await failure { try await connection.query("SELECT 1") }?.code == .closed)
        }
    }

    @Test(arguments: [
        "host=127.0.0.1 port=1 user=postgres password=hunter2", "postgresql://postgres:hunter2@127.0.0.1:1/x",
    ])
    func anAbsentServerFailsAtOnce(url: String) async throws {
        let error = await failure { try await PostgresConnection.connect(PostgresConfiguration(connectionString: url)) }
        #expect(error?.code == .connectionFailed)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test(arguments: [
        "", "nonsense", "postgresql://u:pass@hunter2:hunter2@host/x", "postgresql://u:hunter@hunter2@host/x",
        "host='unfinished password=hunter2", "hunter2=1",
    ])
    func malformedConnectionStringsAreNotQuoted(text: String) async throws {
        let error = await failure {
            try await PostgresConnection.connect(PostgresConfiguration(connectionString: text))
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func copyIsNoQuery() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (n int)")
            #expect(await failure { try await connection.execute("COPY t FROM STDIN") }?.code == .misuse)
            #expect(await failure { try await connection.query("SELECT 1") }?.code == .closed)
        }
    }
}

/// Asks until it is true, at most for ten seconds.
func waitUntil(_ what: String, _ connection: PostgresConnection, _ condition: () -> SQL) async throws {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
        if try await connection.query(condition())[0].decode(0, as: Bool.self) { return }
        await Task.yield()
    }
    Issue.record("not within ten seconds: \(what)")
}

func waitUntilGone(_ pid: Int32, _ connection: PostgresConnection) async throws {
    try await waitUntil("the backend is gone", connection) {
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(pid)"
    }
}
