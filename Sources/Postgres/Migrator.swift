import Logging

/// Brings a database's schema up to date. Several may start at once: an advisory lock lets one work while the others
/// wait and then find nothing to do.
///
/// `schema_migrations` records number, name and the SHA-256 of the SQL (computed by the server), so that an edited or
/// unknown migration is an error and not a silent difference.
public struct Migrator: Sendable {
    private let migrations: [Migration]
    private let logger: Logger
    /// How long one migration may take, and how long to wait for another migrator.
    private let timeout: Duration

    /// "nexify" in ASCII: one lock for all schemas of this program.
    private static let lockKey: Int64 = 0x6e65_7869_6679

    /// - Precondition: numbers are unique and positive.
    public init(_ migrations: [Migration], logger: Logger, timeout: Duration = .seconds(600)) {
        precondition(Set(migrations.map(\.number)).count == migrations.count, "two migrations have the same number")
        precondition(migrations.allSatisfy { $0.number > 0 }, "migrations are numbered from 1")
        self.migrations = migrations.sorted { $0.number < $1.number }
        self.logger = logger
        self.timeout = timeout
    }

    /// Applies what is pending, each in a transaction of its own.
    /// - Returns: the numbers applied by this call.
    /// - Throws: `.migrationEdited`, `.migrationMissing` before anything is applied; `.migrationFailed` with the cause.
    @discardableResult
    public func migrate(_ pool: PostgresPool) async throws -> [Int] {
        try await pool.withConnection { connection in
            _ = try await connection.query("SELECT pg_advisory_lock(\(Self.lockKey))", timeout: timeout)
            do {
                let applied = try await migrate(on: connection)
                _ = try await connection.query("SELECT pg_advisory_unlock(\(Self.lockKey))")
                return applied
            } catch {
                // Closing the session releases the lock also when the connection no longer works.
                await connection.close()
                throw error
            }
        }
    }

    /// Which migrations a database still lacks, without applying them.
    public func pending(_ pool: PostgresPool) async throws -> [Migration] {
        try await pool.withConnection { connection in
            let exists = try await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")
            guard try exists[0].decode(0, as: Bool.self) else { return migrations }
            return try await pending(on: connection)
        }
    }

    private func migrate(on connection: PostgresConnection) async throws -> [Int] {
        // Asked first, since creating needs rights that a server's role may lack when all is applied already.
        let exists = try await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")
        if try !exists[0].decode(0, as: Bool.self) {
            try await connection.execute(
                """
                CREATE TABLE schema_migrations (
                    number bigint PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """)
        }
        var applied: [Int] = []
        for migration in try await pending(on: connection) {
            try await apply(migration, on: connection)
            applied.append(migration.number)
            logger.info("applied migration", metadata: ["number": "\(migration.number)", "name": "\(migration.name)"])
        }
        return applied
    }

    private func apply(_ migration: Migration, on connection: PostgresConnection) async throws {
        do {
            try await connection.transaction { connection in
                try await connection.script(migration.sql, timeout: timeout)
                try await connection.execute(
                    """
                    INSERT INTO schema_migrations (number, name, checksum)
                    VALUES (\(migration.number), \(migration.name),
                            encode(sha256(convert_to(\(migration.sql), 'UTF8')), 'hex'))
                    """)
            }
        } catch {
            throw PostgresError(
                .migrationFailed(number: migration.number),
                "migration \(migration.number) (\(migration.name)) failed, was rolled back; correct it and try again",
                cause: error)
        }
    }

    /// Compares what is recorded with what is known.
    private func pending(on connection: PostgresConnection) async throws -> [Migration] {
        let rows = try await connection.query("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.number, $0) })
        var applied: Set<Int> = []
        for row in rows {
            let number = try row.decode(0, as: Int.self)
            guard let migration = known[number] else {
                let name = try row.decode(1, as: String.self)
                throw PostgresError(
                    .migrationMissing(number: number),
                    "the database has migration \(number) (\(name)), unknown to this program; run a newer one"
                )
            }
            let checksum = try row.decode(2, as: String.self)
            let same = try await connection.query(
                "SELECT encode(sha256(convert_to(\(migration.sql), 'UTF8')), 'hex') = \(checksum)"
            )
            guard try same[0].decode(0, as: Bool.self) else {
                throw PostgresError(
                    .migrationEdited(number: number),
                    "migration \(number) (\(migration.name)) was edited after it was applied; restore it, add another"
                )
            }
            applied.insert(number)
        }
        return migrations.filter { !applied.contains($0.number) }
    }
}
