import Postgres
import Triage

/// Who belongs to an organisation, and as what. There is always an admin who can sign in.
///
/// Names of users are unique across organisations. An admin therefore makes new users, and brings back those who were
/// members here before; nobody else's user can be named, and any that is answers as one that does not exist.
struct MemberStore: Sendable {
    /// A user who does not exist yet.
    struct NewUser: Sendable {
        var username: String
        var passwordHash: String
        var email: String
        var firstName: String
        var lastName: String
    }

    let pool: PostgresPool

    private static let columns: SQL = """
        m.user_id, u.username, u.email, u.first_name, u.last_name, m.role, m.created_at
        """

    /// By username.
    func members(of organization: OrganizationID, page: PageWindow) async throws -> Page<Member> {
        try await pool.page(
            count: "SELECT count(*) AS n FROM memberships WHERE organization_id = \(organization)",
            rows: """
                SELECT \(Self.columns) FROM memberships m JOIN users u ON u.id = m.user_id
                WHERE m.organization_id = \(organization)
                ORDER BY u.username LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization, Member.init)
    }

    func member(_ user: UserID, of organization: OrganizationID) async throws -> Member? {
        let rows = try await pool.query(Self.selection(of: user, in: organization), in: organization)
        return try rows.first.map(Member.init)
    }

    /// Makes a user and their membership.
    ///
    /// - Throws: `StoreError.duplicate("username")`, whoever has that name.
    func add(
        _ new: NewUser, as role: Role, to organization: OrganizationID, by admin: UserID
    ) async throws -> Member {
        try await pool.administer(organization, by: admin) { connection in
            let user = try await UserStore.create(
                username: new.username, passwordHash: new.passwordHash, email: new.email, firstName: new.firstName,
                lastName: new.lastName, on: connection)
            return try await connection.join(user, as: role, to: organization, by: admin)
        }
    }

    /// Brings back somebody who was a member here.
    ///
    /// - Throws: `StoreError.unknownUser` for everybody else; `.alreadyMember`.
    func restore(
        _ user: UserID, as role: Role, to organization: OrganizationID, by admin: UserID
    ) async throws -> Member {
        try await pool.administer(organization, by: admin) { connection in
            let here = try await connection.query(Self.selection(of: user, in: organization))
            guard here.isEmpty else { throw StoreError.alreadyMember }
            let former = try await connection.query(
                """
                SELECT 1 AS one FROM organization_events
                WHERE organization_id = \(organization)
                      AND event_type = \(OrganizationEvent.Kind.memberRemoved.rawValue)
                      AND payload -> 'user' = to_jsonb(\(user)) LIMIT 1
                """)
            guard !former.isEmpty else { throw StoreError.unknownUser(user) }
            return try await connection.join(user, as: role, to: organization, by: admin)
        }
    }

    /// - Throws: `StoreError.notFound`, `.lastAdmin`.
    func setRole(
        _ role: Role, of user: UserID, in organization: OrganizationID, by admin: UserID
    ) async throws -> Member {
        try await pool.administer(organization, by: admin) { connection in
            let before = try await connection.member(user, of: organization)
            guard before.role != role else { return before }
            try await UserStore.setRole(role, of: user, in: organization, on: connection)
            try await connection.requireAdmin(in: organization)
            try await connection.record(
                .memberRoleChanged, in: organization, by: admin,
                payload: [
                    "user": .int(user.rawValue), "from": .string(before.role.rawValue), "to": .string(role.rawValue),
                ])
            var after = before
            after.role = role
            return after
        }
    }

    /// Takes the membership; the user and what they have done stay.
    ///
    /// - Throws: `StoreError.notFound`, `.lastAdmin`.
    func remove(_ user: UserID, from organization: OrganizationID, by admin: UserID) async throws {
        try await pool.administer(organization, by: admin) { connection in
            let member = try await connection.member(user, of: organization)
            try await connection.execute(
                "DELETE FROM memberships WHERE organization_id = \(organization) AND user_id = \(user)")
            try await connection.requireAdmin(in: organization)
            try await connection.record(
                .memberRemoved, in: organization, by: admin,
                payload: ["user": .int(user.rawValue), "role": .string(member.role.rawValue)])
        }
    }

    fileprivate static func selection(of user: UserID, in organization: OrganizationID) -> SQL {
        """
        SELECT \(columns) FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.organization_id = \(organization) AND m.user_id = \(user)
        """
    }
}

extension PostgresConnection {
    fileprivate func member(_ user: UserID, of organization: OrganizationID) async throws -> Member {
        guard let row = try await query(MemberStore.selection(of: user, in: organization)).first else {
            throw StoreError.notFound
        }
        return try Member(row)
    }

    fileprivate func join(
        _ user: UserID, as role: Role, to organization: OrganizationID, by admin: UserID
    ) async throws -> Member {
        try await UserStore.setRole(role, of: user, in: organization, on: self)
        try await record(
            .memberAdded, in: organization, by: admin,
            payload: ["user": .int(user.rawValue), "role": .string(role.rawValue)])
        return try await member(user, of: organization)
    }

    /// Looked at after the change, while no other one can be under way.
    fileprivate func requireAdmin(in organization: OrganizationID) async throws {
        let admins = try await query(
            """
            SELECT 1 AS one FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.organization_id = \(organization) AND m.role = 'admin' AND u.is_active LIMIT 1
            """)
        if admins.isEmpty { throw StoreError.lastAdmin }
    }
}

extension Member {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            user: try row.decode("user_id"), username: try row.decode("username"), email: try row.decode("email"),
            firstName: try row.decode("first_name"), lastName: try row.decode("last_name"),
            role: try row.decodeCase("role"), createdAt: try row.decode("created_at"))
    }
}
