import Glibc
import Logging
import Postgres
import TestSupport
import Testing

/// A database of a test's own on the tests' server, dropped afterwards.
struct TestDatabase: Sendable {
    let configuration: PostgresConfiguration

    static func serverURL() async throws -> String { try await TestSupport.TestDatabase.serverConnectionString() }

    /// Runs `body` on a new, empty database.
    static func with<T: Sendable>(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (TestDatabase) async throws -> T
    ) async throws -> T {
        let url = try await serverURL()
        let name = "nexify_test_\(UInt64.random(in: 0 ... .max))"
        let admin = try await PostgresConnection.connect(PostgresConfiguration(connectionString: url))
        try await admin.script("CREATE DATABASE \(name)", timeout: .seconds(60))
        var configuration = PostgresConfiguration(connectionString: naming(name, in: url))
        change(&configuration)
        let result: Result<T, any Error>
        do {
            result = .success(try await body(TestDatabase(configuration: configuration)))
        } catch {
            result = .failure(error)
        }
        try await admin.script("DROP DATABASE \(name) WITH (FORCE)", timeout: .seconds(60))
        await admin.close()
        return try result.get()
    }

    /// Runs `body` on a connection to a new, empty database.
    static func withConnection<T: Sendable>(_ body: (PostgresConnection) async throws -> T) async throws -> T {
        try await with { database in
            let connection = try await PostgresConnection.connect(database.configuration)
            let value = try await body(connection)
            await connection.close()
            return value
        }
    }

    static func withPool<T: Sendable>(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (PostgresPool) async throws -> T
    ) async throws -> T {
        try await with(change) { database in
            let pool = PostgresPool(configuration: database.configuration, logger: Logger(label: "test"))
            let value = try await body(pool)
            await pool.shutdown()
            return value
        }
    }

    /// A later `dbname` wins, in both forms of connection string.
    static func naming(_ database: String, in url: String) -> String {
        guard url.contains("://") else { return "\(url) dbname=\(database)" }
        return "\(url)\(url.contains("?") ? "&" : "?")dbname=\(database)"
    }
}

struct TestDatabaseError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}

/// The error that `body` throws, which must be Postgres's.
func failure<T>(of body: () async throws -> T) async -> PostgresError? {
    do {
        _ = try await body()
        Issue.record("nothing was thrown")
        return nil
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record("another error: \(error)")
        return nil
    }
}
