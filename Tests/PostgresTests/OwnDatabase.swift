import Logging
import Postgres
import TestSupport
import Testing

/// A new, empty database for the length of one test.
struct OwnDatabase: Sendable {
    let configuration: PostgresConfiguration
    /// The same server, but not this database, so that it can be dropped or closed to others.
    let administration: PostgresConfiguration
    let name: String

    /// - Parameter change: alters the connection's or pool's settings.
    static func with<T: Sendable>(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (OwnDatabase) async throws -> T
    ) async throws -> T {
        let url = try await TestDatabase.make()
        var configuration = PostgresConfiguration(connectionString: url, poolSizeMax: 4)
        change(&configuration)
        // A later `dbname` wins over the path's.
        let administration = PostgresConfiguration(
            connectionString: "\(url)\(url.contains("?") ? "&" : "?")dbname=postgres")
        let probe = try await PostgresConnection.connect(configuration)
        let name = try await probe.query("SELECT current_database()")[0].decode(0, as: String.self)
        await probe.close()
        let database = OwnDatabase(configuration: configuration, administration: administration, name: name)
        let result: Result<T, any Error>
        do {
            result = .success(try await body(database))
        } catch {
            result = .failure(error)
        }
        let admin = try await PostgresConnection.connect(administration)
        try await admin.script("DROP DATABASE \(name) WITH (FORCE)", timeout: .seconds(60))
        await admin.close()
        return try result.get()
    }

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
            let pool = PostgresPool(configuration: database.configuration, logger: quietLogger)
            let value = try await body(pool)
            await pool.shutdown()
            return value
        }
    }
}

/// Failures are what many tests are about; they need not be printed.
let quietLogger: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

struct FixtureError: Error, CustomStringConvertible {
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
