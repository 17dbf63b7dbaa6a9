import Postgres
import Triage

/// What every administrative change has in common: one at a time, and a line in the organisation's audit trail.
extension PostgresConnection {
    /// Makes administrative changes of one organisation wait for each other until the transaction ends, so that what one
    /// of them has checked (there is another admin, the name is free) still holds when it writes.
    func lockAdministration(of organization: OrganizationID) async throws {
        _ = try await query("SELECT 1 AS one FROM organizations WHERE id = \(organization) FOR NO KEY UPDATE")
    }

    /// Part of the transaction that makes the change.
    ///
    /// - Parameter user: who did it; nil for the operator.
    func record(
        _ kind: OrganizationEvent.Kind, in organization: OrganizationID, by user: UserID?, payload: JSONValue
    ) async throws {
        try await execute(
            """
            INSERT INTO organization_events (organization_id, event_type, actor_user_id, payload)
            VALUES (\(organization), \(kind.rawValue), \(user), \(payload))
            """)
    }
}

extension PostgresPool {
    /// An admin's transaction that changes what an organisation has decided about itself; begun again, twice at most,
    /// where it collides with another one.
    ///
    /// - Throws: `StoreError.mayNot` for whoever is no admin any more.
    func administer<T: Sendable>(
        _ organization: OrganizationID, by admin: UserID, _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        for _ in 1..<Self.administrationTriesMax {
            do {
                return try await administerOnce(organization, by: admin, body)
            } catch let error as PostgresError where error.isRetryable {
                // It met somebody who writes to the same rows in another order, and has left nothing behind.
                continue
            }
        }
        return try await administerOnce(organization, by: admin, body)
    }

    private static let administrationTriesMax = 3

    private func administerOnce<T: Sendable>(
        _ organization: OrganizationID, by admin: UserID, _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await withTransaction(in: organization) { connection in
            try await connection.lockAdministration(of: organization)
            // Members change under that lock. Whoever was removed while this one waited for it must not go on.
            let standing = try await connection.standing(by: Entry(user: admin, door: .organization(organization)))
            guard let standing, standing.isActive, standing.role == .admin else { throw StoreError.mayNot(standing) }
            return try await body(connection)
        }
    }
}

/// The stores of an organisation's administration.
struct AdministrationStores: Sendable {
    let teams: TeamStore
    let rules: RuleStore
    let members: MemberStore
    let apiKeys: APIKeyStore
    let policies: PolicyStore

    init(pool: PostgresPool) {
        teams = TeamStore(pool: pool)
        rules = RuleStore(pool: pool)
        members = MemberStore(pool: pool)
        apiKeys = APIKeyStore(pool: pool)
        policies = PolicyStore(pool: pool)
    }
}
