import Postgres
import Triage

/// The people who sign in, and the organisations they are members of.
struct UserStore: Sendable {
    /// A user with what only sign-in may know.
    struct Account: Sendable {
        var user: User
        var isActive: Bool
        var passwordHash: String
    }

    let pool: PostgresPool

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
    func create(
        username: String, passwordHash: String, email: String = "", firstName: String = "", lastName: String = ""
    ) async throws -> UserID {
        try await pool.withTransaction { connection in
            try await Self.create(
                username: username, passwordHash: passwordHash, email: email, firstName: firstName,
                lastName: lastName, on: connection)
        }
    }

    /// The same inside a transaction of the caller's.
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

    func setPassword(hash: String, of user: UserID) async throws {
        try await pool.execute("UPDATE users SET password_hash = \(hash) WHERE id = \(user)")
    }
}
