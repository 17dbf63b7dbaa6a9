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

    private static let accounts: SQL = """
        SELECT u.id, u.username, u.email, u.first_name, u.last_name, u.is_active, u.password_hash,
               o.id AS organization_id, o.name AS organization_name, m.role
        FROM users u
        LEFT JOIN memberships m ON m.user_id = u.id
        LEFT JOIN organizations o ON o.id = m.organization_id
        """

    /// One round trip; memberships by organisation id.
    func account(_ id: UserID) async throws -> Account? {
        try Self.account(try await pool.query("\(Self.accounts) WHERE u.id = \(id) ORDER BY o.id"))
    }

    func account(named username: String) async throws -> Account? {
        try Self.account(try await pool.query("\(Self.accounts) WHERE u.username = \(username) ORDER BY o.id"))
    }

    private static func account(_ rows: [PostgresRow]) throws -> Account? {
        guard let row = rows.first else { return nil }
        var memberships: [User.Membership] = []
        for row in rows {
            guard let organization = try row.decode("organization_id", as: Int64?.self) else { continue }
            memberships.append(
                User.Membership(
                    organization: Organization(
                        id: OrganizationID(organization), name: try row.decode("organization_name")),
                    role: try row.decodeCase("role")))
        }
        return Account(
            user: User(
                id: try row.decode("id"), username: try row.decode("username"), email: try row.decode("email"),
                firstName: try row.decode("first_name"), lastName: try row.decode("last_name"),
                memberships: memberships),
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
            try await Self.setRole(.admin, of: user, in: organization, on: connection)
            return !made.isEmpty
        }
    }
}
