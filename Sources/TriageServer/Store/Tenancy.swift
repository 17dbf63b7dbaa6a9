import Postgres
import Triage

/// One organisation's rows, and no others: every statement on them runs in a transaction that has named the
/// organisation, and row-level security shows that transaction nothing else (promise I5).
extension PostgresPool {
    /// One statement on the organisation's rows.
    func query(_ sql: SQL, in organization: OrganizationID) async throws -> [PostgresRow] {
        try await queries([sql], in: organization)[0]
    }

    @discardableResult
    func execute(_ sql: SQL, in organization: OrganizationID) async throws -> Int {
        try await withTransaction(in: organization) { try await $0.execute(sql) }
    }

    /// Several statements that see the same organisation, in one round trip; each sees what the ones before it did.
    func queries(_ statements: [SQL], in organization: OrganizationID) async throws -> [[PostgresRow]] {
        try await withTransaction(in: organization) { connection in
            var results: [[PostgresRow]] = []
            for statement in statements { results.append(try await connection.query(statement)) }
            return results
        }
    }

    func withTransaction<T: Sendable>(
        in organization: OrganizationID, _ mode: TransactionMode = .readCommitted,
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await withTransaction(mode) { connection in
            try await connection.enter(organization)
            return try await body(connection)
        }
    }
}

extension PostgresConnection {
    /// Names the organisation whose rows the rest of the transaction is about.
    func enter(_ organization: OrganizationID) async throws {
        _ = try await query("SELECT set_config('nexify.organization', \(String(organization.rawValue)), true)")
    }
}
