import Postgres
import TestSupport
import Testing

@Suite("Short transactions that share connections")
struct SharedTransactionTests {
    private static let setting: SQL = "SELECT coalesce(current_setting('nexify.test', true), '') AS value"

    /// How long a connection may take to be had is not what these tests are about, and the machine may be busy.
    private static func withPool(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (PostgresPool) async throws -> Void
    ) async throws {
        try await OwnDatabase.withPool(
            {
                $0.acquireTimeout = .seconds(30)
                change(&$0)
            }, body)
    }

    @Test func everybodyGetsTheirOwnAnswersAndNobodysSettings() async throws {
        try await Self.withPool { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<120 {
                    group.addTask {
                        // Every third one sets nothing, and must not find what the one before it has set.
                        let sets = number % 3 != 0
                        let first: SQL = "SELECT set_config('nexify.test', \("\(number)"), true)"
                        let results = try await pool.sharedQueries([
                            sets ? first : "SELECT 1 AS one", Self.setting, "SELECT \(number) AS number",
                        ])
                        #expect(results.count == 3)
                        #expect(try results[1][0].decode(0, as: String.self) == (sets ? "\(number)" : ""))
                        #expect(try results[2][0].decode(0, as: Int.self) == number)
                    }
                }
                try await group.waitForAll()
            }
            let afterwards = try await pool.query(Self.setting)[0].decode(0, as: String.self)
            #expect(afterwards == "")
        }
    }

    @Test func theyTakeFewConnections() async throws {
        try await Self.withPool({ $0.poolSizeMax = 16 }) { pool in
            let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.sharedQueries(["SELECT pg_backend_pid() AS pid"])[0][0].decode("pid")
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(pids.count <= 4)
        }
    }

    @Test func anErrorIsNobodyElses() async throws {
        try await Self.withPool { pool in
            try await pool.execute("CREATE TABLE t (n integer PRIMARY KEY)")
            let failed = await withTaskGroup(of: (Int, PostgresError?).self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do throws(PostgresError) {
                            // What cannot be parsed fails before it is sent, what divides by 0 while it runs.
                            let last: SQL =
                                switch number % 10 {
                                case 3: "SELECT 1 / \(Int32(0))"
                                case 7: "SELECT no_such_column FROM t"
                                default: "SELECT 1 AS one"
                                }
                            _ = try await pool.sharedQueries(["INSERT INTO t VALUES (\(Int32(number)))", last])
                            return (number, nil)
                        } catch {
                            return (number, error)
                        }
                    }
                }
                return await group.reduce(into: [Int: PostgresError]()) { $0[$1.0] = $1.1 }
            }
            #expect(Set(failed.keys) == Set((0..<100).filter { $0 % 10 == 3 || $0 % 10 == 7 }))
            #expect(failed[3]?.sqlState == SQLState(rawValue: "22012"))
            #expect(failed[7]?.sqlState == SQLState(rawValue: "42703"))
            let kept = try await pool.query("SELECT count(*) AS n FROM t")[0].decode("n", as: Int.self)
            #expect(kept == 80, "each is a transaction of its own")
        }
    }

    /// One waits for a lock; what comes after it does not wait for that one.
    @Test func oneThatIsHeldHoldsUpNobodyForLong() async throws {
        try await Self.withPool { pool in
            try await pool.withConnection { holder in
                try await holder.execute("SELECT pg_advisory_lock(7)")
                var waiting: [Task<[[PostgresRow]], any Error>] = []
                // One after another: those of one turn would wait for each other.
                for count in 1...2 {
                    waiting.append(Task { try await pool.sharedQueries(["SELECT pg_advisory_xact_lock(7)"]) })
                    try await waitUntil("\(count) wait for the lock", holder) {
                        """
                        SELECT count(*) = \(count) FROM pg_stat_activity
                        WHERE wait_event = 'advisory' AND datname = current_database()
                        """
                    }
                }
                for number in 0..<20 {
                    let answer = try await pool.sharedQueries(["SELECT \(number) AS n"])[0][0].decode("n", as: Int.self)
                    #expect(answer == number)
                }
                waiting[0].cancel()
                #expect(await failure { try await waiting[0].value }?.code == .cancelled)
                try await holder.execute("SELECT pg_advisory_unlock(7)")
                _ = try await waiting[1].value
            }
        }
    }

    @Test func aLostConnectionFailsThoseThatWereOnItAndNoMore() async throws {
        try await Self.withPool { pool in
            try await pool.withConnection { holder in
                try await holder.execute("SELECT pg_advisory_lock(7)")
                let held = Task { try await pool.sharedQueries(["SELECT pg_advisory_xact_lock(7)"]) }
                try await waitUntil("it waits for the lock", holder) {
                    "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
                }
                _ = try await holder.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE wait_event = 'advisory' AND datname = current_database()
                    """)
                #expect(await failure { try await held.value }?.code == .connectionFailed)
                for number in 0..<20 {
                    let answer = try await pool.sharedQueries(["SELECT \(number) AS n"])[0][0].decode("n", as: Int.self)
                    #expect(answer == number)
                }
            }
        }
    }

    @Test func plansOfYesterdayAreMadeAnew() async throws {
        try await Self.withPool { pool in
            try await pool.execute("CREATE TABLE t (n integer)")
            try await pool.execute("INSERT INTO t VALUES (1)")
            for columns in 1...3 {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 {
                        group.addTask { try await pool.sharedQueries(["SELECT * FROM t"])[0][0].columnCount }
                    }
                    for try await count in group { #expect(count == columns) }
                }
                try await pool.withConnection { connection in
                    try await connection.script("ALTER TABLE t ADD COLUMN c\(columns) integer")
                }
            }
        }
    }

    /// As for a connection: those that wait in vain are told so, also while others go on coming.
    @Test func whereNoConnectionComesFreeTheyAreToldInTime() async throws {
        try await OwnDatabase.withPool({
            $0.poolSizeMax = 1
            $0.acquireTimeout = .seconds(5)
        }) { pool in
            try await pool.withConnection { _ in
                try await withThrowingTaskGroup(of: PostgresError.Code?.self) { group in
                    for number in 0..<60 {
                        group.addTask {
                            try await Task.sleep(for: .milliseconds(100 * number))
                            return await failure { try await pool.sharedQueries(["SELECT 1"]) }?.code
                        }
                    }
                    for try await code in group { #expect(code == .poolExhausted) }
                }
            }
            #expect(try await pool.sharedQueries(["SELECT 1 AS n"])[0][0].decode("n", as: Int.self) == 1)
        }
    }

    @Test func noneIsLeftInAnothersTransaction() async throws {
        try await Self.withPool { pool in
            _ = try await pool.sharedQueries(["BEGIN", "SELECT set_config('nexify.test', 'left', true)"])
            let after = try await pool.sharedQueries([Self.setting])[0][0].decode(0, as: String.self)
            #expect(after == "")
        }
    }

    @Test func withoutAServerAndAfterTheEndTheyFail() async throws {
        let nowhere = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: "host=/nowhere dbname=none", acquireTimeout: .milliseconds(200)), logger: quietLogger)
        #expect(await failure { try await nowhere.sharedQueries(["SELECT 1"]) }?.code == .connectionFailed)
        await nowhere.shutdown()
        #expect(await failure { try await nowhere.sharedQueries(["SELECT 1"]) }?.code == .closed)
    }
}
