import Logging
import Postgres
import TestSupport
import TriageServer

/// An empty database of today's schema, for one test of a store.
enum MigratedDatabase {
    static let logger = Logger(label: "store") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter body: gets a pool on the database, and its connection string for other processes.
    static func with(_ body: (PostgresPool, String) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: database, poolSizeMax: 8, acquireTimeout: .seconds(60)), logger: logger)
        do {
            try await Migrator(Schema.migrations, logger: logger).migrate(pool)
            try await body(pool, database)
            await pool.shutdown()
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    static func count(_ pool: PostgresPool, _ sql: SQL) async throws -> Int64 {
        guard let row = try await pool.query(sql).first else { return -1 }
        return try row.decode("count")
    }
}
