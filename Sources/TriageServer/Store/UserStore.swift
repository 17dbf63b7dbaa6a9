import Postgres
import Triage

/// The people who sign in, and the organisations they are members of.
package struct UserStore: Sendable {
    /// A user with what only sign-in may know.
    struct Account: Sendable {
        var user: User
        var isActive: Bool
        var passwordHash: String
    }

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let columns: SQL = """
        u.id, u.username, u.email, u.first_name, u.last_name, u.is_active, u.password_hash
        """

    /// The user with their organisations, by id.
    func account(_ id: UserID) async throws -> Account? {
        let results = try await pool.queries([
            "SELECT \(Self.columns) FROM users u WHERE u.id = \(id)",
            "SELECT id, name, role FROM organizations_of(\(id)) ORDER BY id",
        ])
        return try results[0].first.map { try Self.account($0, memberships: results[1]) }
    }

    /// The user without their organisations: signing in is the same everywhere.
    func account(named username: String) async throws -> Account? {
        try await pool.query("SELECT \(Self.columns) FROM users u WHERE u.username = \(username)").first
            .map { try Self.account($0, memberships: []) }
    }

    private static func account(_ row: PostgresRow, memberships: [PostgresRow]) throws -> Account {
        Account(
            user: User(
                id: try row.decode("id"), username: try row.decode("username"), email: try row.decode("email"),
                firstName: try row.decode("first_name"), lastName: try row.decode("last_name"),
                memberships: try memberships.map { row in
                    User.Membership(
                        organization: Organization(id: try row.decode("id"), name: try row.decode("name")),
                        role: try row.decodeCase("role"))
                }),
            isActive: try row.decode("is_active"), passwordHash: try row.decode("password_hash"))
    }

    /// - Throws: `StoreError.duplicate("username")`.
    static func create(
        username: String, passwordHash: String, email: String, firstName: String, lastName: String,
        on connection: PostgresConnection
    ) async throws -> UserID {
        let rows = try await connection.query(
            """
            INSERT INTO users (username, password_hash, email, first_name, last_name)
            VALUES (\(username), \(passwordHash), \(email), \(firstName), \(lastName))
            ON CONFLICT (username) DO NOTHING RETURNING id
            """)
        guard let row = rows.first else { throw StoreError.duplicate(field: "username") }
        return try row.decode("id")
    }

    /// Adds the user to the organisation, or changes the role they have there.
    static func setRole(
        _ role: Role, of user: UserID, in organization: OrganizationID, on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            INSERT INTO memberships (organization_id, user_id, role)
            VALUES (\(organization), \(user), \(role.rawValue))
            ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role
            """)
    }

    /// Stores a better hash of the password that was just verified.
    ///
    /// - Parameter verified: the hash it was verified against; when the user has another one by now, that one stays.
    package func replacePasswordHash(_ verified: String, with hash: String, of user: UserID) async throws {
        try await pool.execute(
            "UPDATE users SET password_hash = \(hash) WHERE id = \(user) AND password_hash = \(verified)")
    }

    /// Whether somebody has the name.
    func isTaken(_ username: String) async throws -> Bool {
        try await !pool.query("SELECT 1 AS one FROM users WHERE username = \(username)").isEmpty
    }

    /// Makes a user who is the admin of the organisation of that name, and the organisation when there is none, in one
    /// transaction.
    ///
    /// - Returns: whether the organisation is new.
    /// - Throws: `StoreError.duplicate("username")`; nothing is made then.
    func createAdmin(
        username: String, email: String, passwordHash: String, ofOrganizationNamed name: String
    ) async throws -> Bool {
        try await pool.withTransaction { connection in
            let made = try await connection.query(
                "INSERT INTO organizations (name) VALUES (\(name)) ON CONFLICT (name) DO NOTHING RETURNING id")
            let organization: OrganizationID =
                if let row = made.first {
                    try row.decode("id")
                } else {
                    try await connection.query("SELECT id FROM organizations WHERE name = \(name)").one().decode("id")
                }
            let user = try await Self.create(
                username: username, passwordHash: passwordHash, email: email, firstName: "", lastName: "",
                on: connection)
            try await connection.lockAdministration(of: organization)
            try await Self.setRole(.admin, of: user, in: organization, on: connection)
            try await connection.record(
                .memberAdded, in: organization, by: nil,
                payload: ["user": .int(user.rawValue), "role": .string(Role.admin.rawValue)])
            return !made.isEmpty
        }
    }
}
