import FoundationEssentials
import Postgres
import Triage

/// The refresh tokens that may still be used, one row a token. A family is one sign-in and everything rotated from it.
struct RefreshTokenStore: Sendable {
    let pool: PostgresPool

    /// What became of a refresh token that was presented.
    enum Use: Sendable, Equatable {
        case rotated
        /// It was used before or its family is revoked; the whole family is revoked now.
        case reused
        case unknown
    }

    /// A refresh token's row.
    struct Entry: Sendable {
        var id: String
        var user: UserID
        var expiresAt: Date
    }

    /// How long an expired token's row is kept, for clocks that disagree.
    private static let expiredKept = Duration.seconds(86_400)

    /// Records a sign-in: the first token of a new family, and the time.
    func begin(_ entry: Entry) async throws {
        try await pool.withTransaction { connection in
            try await connection.execute(
                """
                INSERT INTO refresh_tokens (jti, family, user_id, expires_at)
                VALUES (\(entry.id), \(entry.id), \(entry.user), \(entry.expiresAt))
                """)
            try await connection.execute("UPDATE users SET last_login_at = now() WHERE id = \(entry.user)")
        }
    }

    /// Puts `next` in the place of the token `id`, once: of two concurrent uses one wins, and the other is a reuse, which
    /// revokes the family with both.
    func rotate(_ id: String, to next: Entry) async throws -> Use {
        try await pool.withTransaction { connection in
            guard let family = try await Self.lockFamily(of: id, on: connection) else { return .unknown }
            let rotated = try await connection.execute(
                """
                UPDATE refresh_tokens SET rotated_at = now()
                WHERE jti = \(id) AND user_id = \(next.user) AND rotated_at IS NULL AND revoked_at IS NULL
                """)
            guard rotated == 1 else {
                try await Self.revoke(family, on: connection)
                return .reused
            }
            try await connection.execute(
                """
                INSERT INTO refresh_tokens (jti, family, user_id, expires_at)
                VALUES (\(next.id), \(family), \(next.user), \(next.expiresAt))
                """)
            return .rotated
        }
    }

    /// - Returns: whether the token is known, unused and not revoked.
    func isUsable(_ id: String) async throws -> Bool {
        let rows = try await pool.query(
            """
            SELECT 1 AS one FROM refresh_tokens WHERE jti = \(id) AND rotated_at IS NULL AND revoked_at IS NULL
            """)
        return !rows.isEmpty
    }

    /// Signs out: nothing of the token's family can be used again.
    ///
    /// - Returns: false when there is no such token.
    func revokeFamily(of id: String) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard let family = try await Self.lockFamily(of: id, on: connection) else { return false }
            try await Self.revoke(family, on: connection)
            return true
        }
    }

    /// Removes tokens that expired long ago.
    ///
    /// - Returns: how many.
    @discardableResult
    func prune() async throws -> Int {
        try await pool.execute("DELETE FROM refresh_tokens WHERE expires_at < now() - \(Self.expiredKept)")
    }

    /// Waits for what else is done to the family. Without that a revocation would miss the token that a rotation is just
    /// adding, since an UPDATE does not see rows that were added after it began.
    private static func lockFamily(of id: String, on connection: PostgresConnection) async throws -> String? {
        let rows = try await connection.query(
            """
            SELECT family, pg_advisory_xact_lock(hashtextextended(family, 0)) AS locked
            FROM refresh_tokens WHERE jti = \(id)
            """)
        return try rows.first?.decode("family")
    }

    private static func revoke(_ family: String, on connection: PostgresConnection) async throws {
        try await connection.execute(
            "UPDATE refresh_tokens SET revoked_at = now() WHERE family = \(family) AND revoked_at IS NULL")
    }
}
