import Postgres
import Testing

@Suite("Statements in one round trip")
struct PipelineTests {
    @Test func answersEachInOrder() async throws {
        try await OwnDatabase.withPool { pool in
            for _ in 0..<3 {
                let results = try await pool.queries([
                    "SELECT 1 AS n", "SELECT n FROM generate_series(1, \(3)) AS n", "SELECT 'x' AS t WHERE false",
                ])
                let numbers = try results.map { rows in try rows.map { try $0.decode(0, as: Int32.self) } }
                #expect(numbers == [[1], [1, 2, 3], []])
            }
        }
    }

    @Test func isOneTransactionBySelf() async throws {
        try await OwnDatabase.withPool { pool in
            try await pool.execute("CREATE TABLE t (n integer PRIMARY KEY)")
            await #expect(throws: PostgresError.self) {
                try await pool.queries([
                    "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)",
                ])
            }
            let value5 = try await pool.query("SELECT n FROM t")
            #expect(value5.isEmpty)
            // The connection is as good as before.
            let after = try await pool.queries(["INSERT INTO t VALUES (3)", "SELECT n FROM t"])
            let kept = try after[1].map { try $0.decode(0, as: Int32.self) }
            #expect(kept == [3])
        }
    }

    @Test func settingsOfTheTransactionHoldFromOneToTheNextAndNoLonger() async throws {
        try await OwnDatabase.withPool { pool in
            let read: SQL = "SELECT coalesce(current_setting('nexify.test', true), '') AS value"
            let within = try await pool.queries(["SELECT set_config('nexify.test', \("here"), true)", read])
            #expect(try within[1][0].decode(0, as: String.self) == "here")
            let value1 = try await pool.query(read)[0].decode(0, as: String.self)
            #expect(value1 == "")
            try await pool.withTransaction(opening: ["SELECT set_config('nexify.test', \("there"), true)"]) {
                connection in
                let once = try await connection.query(read)[0].decode(0, as: String.self)
                let again = try await connection.queries([read, read])[1][0].decode(0, as: String.self)
                #expect([once, again] == ["there", "there"])
            }
            let value2 = try await pool.query(read)[0].decode(0, as: String.self)
            #expect(value2 == "")
        }
    }

    @Test func aFailingOpeningLeavesNoTransactionOpen() async throws {
        try await OwnDatabase.withPool { pool in
            await #expect(throws: PostgresError.self) {
                try await pool.withTransaction(opening: ["SELECT 1 / \(Int32(0))"]) { _ in }
            }
            let value3 = try await pool.query("SELECT 1 AS n").count
            #expect(value3 == 1)
        }
    }

    @Test func plansThatATableOutgrewAreMadeAnew() async throws {
        try await OwnDatabase.withPool { pool in
            try await pool.execute("CREATE TABLE grown (n integer)")
            let statements: [SQL] = ["INSERT INTO grown (n) VALUES (1)", "SELECT * FROM grown"]
            let value4 = try await pool.queries(statements)[1].count
            #expect(value4 == 1)
            try await pool.execute("ALTER TABLE grown ADD COLUMN m integer DEFAULT 7")
            let rows = try await pool.queries(statements)[1]
            #expect(rows.count == 2)
            #expect(try rows[0].decode("m", as: Int32.self) == 7)
        }
    }

    @Test func theRoleIsTheOneAskedFor() async throws {
        try await OwnDatabase.withPool { owner in
            try await owner.execute("CREATE ROLE pipeline_role NOLOGIN")
            var configuration = owner.configuration
            configuration.role = "pipeline_role"
            let pool = PostgresPool(configuration: configuration, logger: quietLogger)
            #expect(
                try await pool.query("SELECT current_user::text AS name")[0].decode(0, as: String.self)
                    == "pipeline_role")
            await pool.shutdown()
            configuration.role = "nobody_of_that_name"
            let refused = PostgresPool(configuration: configuration, logger: quietLogger)
            await #expect(throws: PostgresError.self) { try await refused.query("SELECT 1 AS n") }
            await refused.shutdown()
            try await owner.execute("DROP ROLE pipeline_role")
        }
    }
}
