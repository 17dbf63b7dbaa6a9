import Postgres
import Testing

/// Values to the server and back, in binary.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct ValueTests {
    @Test func everyTypeComesBackAsItWent() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            func roundTrip<T: PostgresEncodable & PostgresDecodable & Equatable & Sendable>(_ value: T) async throws {
                let row = try #require(try await connection.query("SELECT \(value) AS v").first)
                let back = try row.decode("v", as: T.self)
                #expect(back == value)
            }
            try await roundTrip(true)
            try await roundTrip(Int16.min)
            try await roundTrip(Int32.max)
            try await roundTrip(Int64.min)
            try await roundTrip(-1)
            try await roundTrip(Float(1.5e-30))
            try await roundTrip(-Double.pi)
            try await roundTrip("")
            try await roundTrip("Zürich 東京 🦑 \u{1} 'quoted' $1")
            try await roundTrip([UInt8](0...255))
            try await roundTrip([UInt8]())
            try await roundTrip([Int64]([1, .min, .max]))
            try await roundTrip([Int64]())
            try await roundTrip(["a", "", "ü,{}\""])
            try await roundTrip([Float(0), -1.25])
            try await roundTrip([Double.infinity, 2])
            try await roundTrip([true, false])
            try await roundTrip(Int64?.none)
            try await roundTrip(Int64?.some(3))
            try await roundTrip(PostgresTimestamp(secondsSince1970: 1_700_000_000.123456))
            try await roundTrip(try #require(PostgresUUID("0123abcd-0000-4000-8000-00000000ffff")))
            try await roundTrip(PostgresJSON(#"{"a": [1, null]}"#))
            try await roundTrip(Duration.milliseconds(-1_500))
        }
    }

    @Test func vectorsComeBackExactly() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE EXTENSION vector")
            let vector = PostgresVector((0..<384).map { Float($0) / 384 - 0.5 })
            let row = try #require(
                try await connection.query("SELECT \(vector) AS v, \(PostgresVector?.none) AS n").first)
            #expect(try row.decode("v", as: PostgresVector.self) == vector)
            #expect(try row.decode("n", as: PostgresVector?.self) == nil)
            let near = try await connection.query("SELECT '[3,4]'::vector <-> \(PostgresVector([0, 0]))")
            #expect(try near[0].decode(0, as: Double.self) == 5)
        }
    }

    @Test func timestampsCountFromTheRightDay() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            let rows = try await connection.query(
                "SELECT '2026-11-23T12:00:00.25Z'::timestamptz, extract(epoch FROM \(PostgresTimestamp(secondsSince1970: 86_400.5)))::float8"
            )
            #expect(try rows[0].decode(0, as: PostgresTimestamp.self).secondsSince1970 == 1_795_435_200.25)
            #expect(try rows[0].decode(1, as: Double.self) == 86_400.5)
        }
    }

    @Test func aggregatesDecodeAsNumbers() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            let row = try await connection.query(
                """
                SELECT sum(n) AS sum, avg(n) AS avg, count(*) AS count, 12345678901234567.125::numeric AS big,
                       -0.00005::numeric AS small, 0::numeric AS zero, 1e20::numeric AS huge, 'NaN'::numeric AS nan
                FROM generate_series(1::bigint, 4) n
                """)[0]
            #expect(try row.decode("sum", as: Int.self) == 10)
            #expect(try row.decode("avg", as: Double.self) == 2.5)
            #expect(try row.decode("count", as: Int32.self) == 4)
            #expect(try row.decode("big", as: Double.self) == 12_345_678_901_234_567.125)
            #expect(try row.decode("small", as: Double.self) == -0.00005)
            #expect(try row.decode("zero", as: Int64.self) == 0)
            #expect(throws: PostgresError.self) { try row.decode("huge", as: Int64.self) }
            #expect(throws: PostgresError.self) { try row.decode("nan", as: Double.self) }
            #expect(throws: PostgresError.self) { try row.decode("avg", as: Int.self) }
        }
    }

    @Test func enumsAndTextLikeTypesAreStrings() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TYPE severity AS ENUM ('low', 'high')")
            let row = try await connection.query(
                "SELECT \("high")::severity, 'v'::varchar(3), 'n'::name, '{\"a\":1}'::json, '0123abcd-0000-4000-8000-00000000ffff'::uuid"
            )[0]
            #expect(
                try (0..<5).map { try row.decode($0, as: String.self) }
                    == ["high", "v", "n", "{\"a\":1}", "0123abcd-0000-4000-8000-00000000ffff"])
        }
    }

    @Test func whatDoesNotFitIsAnErrorThatNamesTheColumn() async throws {
        try await OwnDatabase.withConnection { connection async throws in
            let row = try await connection.query(
                "SELECT 5000000000::bigint AS big, NULL::text AS nothing, 'secret'::text AS word, ARRAY[1,NULL]::int[] AS holes"
            )[0]
            for (column, attempt) in [
                ("big", { _ = try row.decode("big", as: Int32.self) }),
                ("nothing", { _ = try row.decode("nothing", as: String.self) }),
                ("word", { _ = try row.decode("word", as: Int.self) }),
                ("holes", { _ = try row.decode("holes", as: [Int32].self) }),
                ("absent", { _ = try row.decode("absent", as: Int.self) }),
            ] as [(String, () throws -> Void)] {
                let error = #expect(throws: PostgresError.self) { try attempt() }
                #expect(error?.code == .decoding)
                #expect(error?.description.contains(column) == true)
                #expect(error?.description.contains("secret") == false)
            }
            #expect(throws: PostgresError.self) { try row.decode(4, as: Int.self) }
            #expect(throws: PostgresError.self) { try row.decode(-1, as: Int.self) }
            #expect(try row.decode("nothing", as: String?.self) == nil)
        }
    }

    @Test func malformedUUIDsAreRefused() {
        for text in [
            "", "0123", "0123abcd-0000-4000-8000-00000000fffg", "+123abcd-0000-4000-8000-00000000ffff",
            "0123abcd00004000800000000000ffff",
        ] {
            #expect(PostgresUUID(text) == nil)
        }
        #expect(PostgresUUID(bytes: [1, 2]) == nil)
        #expect(
            PostgresUUID("0123ABCD-0000-4000-8000-00000000FFFF")?.description == "0123abcd-0000-4000-8000-00000000ffff")
    }
}
