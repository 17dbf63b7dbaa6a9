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

    /// Several statements on the rows of the organisation that somebody enters, in one round trip and one transaction; and
    /// who they are there, nil for somebody who does not exist.
    func queries(
        _ statements: [SQL], by entry: Entry
    ) async throws -> (standing: AccessStore.Standing?, results: [[PostgresRow]]) {
        try Entry.outcome(try await queries([entry.statement] + statements))
    }

    /// The same for what takes well under a millisecond, together with others'; see `PostgresPool.sharedQueries`.
    func sharedQueries(
        _ statements: [SQL], by entry: Entry
    ) async throws -> (standing: AccessStore.Standing?, results: [[PostgresRow]]) {
        try Entry.outcome(try await sharedQueries([entry.statement] + statements))
    }

    /// A page of a list and the number of all its rows, in one round trip.
    ///
    /// - Parameter count: selects one row with the number `n`.
    func page<Item: Sendable>(
        count: SQL, rows: SQL, in organization: OrganizationID, _ item: (PostgresRow) throws -> Item
    ) async throws -> Page<Item> {
        try Page(try await queries([count, rows], in: organization), item)
    }
}

/// A user's way into an organisation. For whoever does not belong there the statements that follow find nothing and change
/// nothing.
struct Entry: Sendable {
    enum Door: Sendable {
        case organization(OrganizationID)
        /// The ticket's organisation.
        case ticket(TicketID)
    }

    var user: UserID
    var door: Door

    fileprivate var statement: SQL {
        switch door {
        case .organization(let id): "SELECT is_active, role FROM enter_organization(\(user), \(id))"
        case .ticket(let id): "SELECT is_active, role FROM enter_ticket(\(user), \(id))"
        }
    }

    fileprivate static func outcome(
        _ results: [[PostgresRow]]
    ) throws -> (standing: AccessStore.Standing?, results: [[PostgresRow]]) {
        (try results[0].one().standing(), Array(results.dropFirst()))
    }
}

extension Page {
    /// - Parameter results: one row with the number `n` of all, and the page's rows.
    init(_ results: [[PostgresRow]], _ item: (PostgresRow) throws -> Item) throws {
        self.init(count: try results[0].one().decode("n"), items: try results[1].map(item))
    }
}

extension PostgresConnection {
    /// Who somebody is there by now.
    func standing(by entry: Entry) async throws -> AccessStore.Standing? {
        try await query(entry.statement).one().standing()
    }

    /// Enters the organisation for the rest of the transaction that is open.
    func enter(_ organization: OrganizationID) async throws { _ = try await query(.entering(organization)) }
}

extension SQL {
    fileprivate static func entering(_ organization: OrganizationID) -> SQL {
        "SELECT set_config('nexify.organization', \(String(organization.rawValue)), true)"
    }
}
