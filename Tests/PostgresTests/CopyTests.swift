import Postgres
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct CopyTests {
    struct Refusal: Error {}

    @Test func rowsGoInAndComeOut() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script(
                "CREATE EXTENSION vector; CREATE TABLE t (id bigint, body text, embedding vector(8))")
            let count = try await connection.copyIn(
                "COPY t (id, body, embedding) FROM STDIN (FORMAT binary)", unfolding: 0
            ) { next -> PostgresCopyRow? in
                let id = next
                guard id < 50_000 else { return nil }
                next += 1
                let body: String? = id % 7 == 0 ? nil : "row \(id) ü"
                let components: [Float] = (0..<8).map { Float(id + $0) }
                return PostgresCopyRow(Int64(id), body, PostgresVector(components))
            }
            #expect(count == 50_000)

            struct Sum: Sendable {
                var ids: [Int64] = []
                var values: [Float] = []
                var nulls = 0
            }
            let sum = try await connection.copyOut(
                "COPY (SELECT id, embedding, body FROM t ORDER BY id) TO STDOUT (FORMAT binary)", into: Sum()
            ) { sum, fields in
                sum.ids.append(try fields.decode(0))
                let dimensions = try fields.appendVector(1, to: &sum.values)
                #expect(dimensions == 8 && fields.count == 3)
                let body = try fields.decode(2, as: String?.self)
                if body == nil { sum.nulls += 1 } else { #expect(body == "row \(sum.ids.count - 1) ü") }
            }
            #expect(sum.ids == Array(0..<50_000))
            #expect(sum.values.count == 400_000 && sum.values[8 * 777 + 3] == 780)
            #expect(sum.nulls == 7_143)
            #expect(try await connection.query("SELECT count(*) FROM t")[0].decode(0, as: Int.self) == 50_000)
        }
    }

    @Test func noRowsAreNone() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (id bigint)")
            #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", rows: []) == 0)
            #expect(
                try await connection.copyOut("COPY t TO STDOUT (FORMAT binary)", into: 0) { count, _ in count += 1 }
                    == 0)
        }
    }

    @Test func aRefusedRowLeavesNone() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (id bigint PRIMARY KEY)")
            let twice = await failure {
                try await connection.copyIn(
                    "COPY t FROM STDIN (FORMAT binary)", rows: (0..<10_000).map { PostgresCopyRow(Int64($0 % 9_999)) })
            }
            #expect(twice?.code == .server(.uniqueViolation))
            let wrongType = await failure {
                try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", rows: [PostgresCopyRow(Int32(1))])
            }
            #expect(wrongType?.sqlState != nil && wrongType?.isUnavailable == false)
            await #expect(throws: Refusal.self) {
                try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", unfolding: Int64(0)) { next in
                    next += 1
                    if next == 20_000 { throw Refusal() }
                    return PostgresCopyRow(next)
                }
            }
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func misuseIsSaid() async throws {
        try await OwnDatabase.with { database async throws in
            func attempt(_ sql: SQL) async throws -> PostgresError.Code? {
                let connection = try await PostgresConnection.connect(database.configuration)
                try await connection.script("CREATE TABLE IF NOT EXISTS t (id bigint)")
                return await failure { try await connection.copyIn(sql, rows: [PostgresCopyRow(Int64(1))]) }?.code
            }
            #expect(try await attempt("COPY t FROM STDIN") == .misuse)
            #expect(try await attempt("COPY t TO STDOUT (FORMAT binary)") == .misuse)
            #expect(try await attempt("SELECT 1") == .misuse)
            #expect(try await attempt("COPY t FROM STDIN (FORMAT binary) WHERE id > \(1)") == .misuse)
            #expect(try await attempt("COPY nowhere FROM STDIN (FORMAT binary)") == .server(.undefinedTable))
        }
    }

    @Test func theServersErrorInTheMiddleIsThrown() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            let divided = await failure {
                try await connection.copyOut(
                    "COPY (SELECT 1 / (1000 - i) FROM generate_series(1, 2000) i) TO STDOUT (FORMAT binary)", into: 0
                ) { count, _ in count += 1 }
            }
            #expect(divided?.sqlState?.rawValue == "22012", "\(String(describing: divided))")
            // It was read to its end, so that the session goes on.
            #expect(try await connection.query("SELECT 1")[0].decode(0, as: Int.self) == 1)
        }
    }

    @Test func aThrowingReaderEndsTheStream() async throws {
        try await OwnDatabase.with { database async throws in
            let pool = try await PostgresConnection.connect(database.configuration)
            await #expect(throws: Refusal.self) {
                _ = try await pool.copyOut(
                    "COPY (SELECT generate_series(1::bigint, 100000000)) TO STDOUT (FORMAT binary)", into: 0
                ) { count, _ in
                    count += 1
                    if count == 3 { throw Refusal() }
                }
            }
            #expect(await failure { try await pool.query("SELECT 1") }?.code == .closed)
        }
    }
}
