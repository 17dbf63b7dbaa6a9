import Postgres
import Triage

/// One organisation's rows, and no others: every statement on them runs in a transaction that has entered the
/// organisation, and row-level security shows that transaction nothing else (promise I5).
extension PostgresPool {
    /// One statement on the organisation's rows, in one round trip.
    func query(_ sql: SQL, in organization: OrganizationID) async throws -> [PostgresRow] {
        try await queries([sql], in: organization)[0]
    }

    @discardableResult
    func execute(_ sql: SQL, in organization: OrganizationID) async throws -> Int {
        try await withTransaction(in: organization) { try await $0.execute(sql) }
    }

    /// Several statements on the organisation's rows, in one round trip and one transaction.
    func queries(_ statements: [SQL], in organization: OrganizationID) async throws -> [[PostgresRow]] {
        Array(try await queries([.entering(organization)] + statements).dropFirst())
    }

    func withTransaction<T: Sendable>(
        in organization: OrganizationID, _ mode: TransactionMode = .readCommitted,
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await withTransaction(mode, opening: [.entering(organization)], body)
    }

    /// A page of a list and the number of all its rows, in one round trip.
    ///
    /// - Parameter count: selects one row with the number `n`.
    func page<Item: Sendable>(
        count: SQL, rows: SQL, in organization: OrganizationID, _ item: (PostgresRow) throws -> Item
    ) async throws -> Page<Item> {
        let results = try await queries([count, rows], in: organization)
        return Page(count: try results[0].one().decode("n"), items: try results[1].map(item))
    }
}

extension PostgresConnection {
    /// Enters the organisation for the rest of the transaction that is open.
    func enter(_ organization: OrganizationID) async throws { _ = try await query(.entering(organization)) }
}

extension SQL {
    fileprivate static func entering(_ organization: OrganizationID) -> SQL {
        "SELECT set_config('nexify.organization', \(String(organization.rawValue)), true)"
    }
}
