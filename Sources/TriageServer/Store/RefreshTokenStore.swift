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

    /// Records a sign-in: the first token of a new family, and the time.
    func begin(_ entry: Entry) async throws {
        try await pool.withTransaction { connection in
            try await connection.execute(
                """
                INSERT INTO refresh_tokens (jti, family, user_id, expires_at)
                VALUES (\(entry.id), \(entry.id), \(entry.user), \(entry.expiresAt))
                """)
            try await connection.execute("UPDATE users SET last_login_at = now() WHERE id = \(entry.user)")
            try await connection.execute(
                "DELETE FROM refresh_tokens WHERE user_id = \(entry.user) AND expires_at < now() - interval '1 day'")
        }
    }

    /// Puts `next` in the place of the token `id`, once: of two concurrent uses one wins, and the other is a reuse, which
    /// revokes the family with both.
    func rotate(_ id: String, to next: Entry) async throws -> Use {
        try await pool.withTransaction { connection in
            let rotated = try await connection.query(
                """
                UPDATE refresh_tokens SET rotated_at = now()
                WHERE jti = \(id) AND user_id = \(next.user) AND rotated_at IS NULL AND revoked_at IS NULL
                RETURNING family
                """)
            if let row = rotated.first {
                let family: String = try row.decode("family")
                try await connection.execute(
                    """
                    INSERT INTO refresh_tokens (jti, family, user_id, expires_at)
                    VALUES (\(next.id), \(family), \(next.user), \(next.expiresAt))
                    """)
                return .rotated
            }
            return try await Self.revokeFamily(of: id, on: connection) ? .reused : .unknown
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
        try await pool.withTransaction { connection in try await Self.revokeFamily(of: id, on: connection) }
    }

    private static func revokeFamily(of id: String, on connection: PostgresConnection) async throws -> Bool {
        let revoked = try await connection.execute(
            """
            UPDATE refresh_tokens SET revoked_at = coalesce(revoked_at, now())
            WHERE family = (SELECT family FROM refresh_tokens WHERE jti = \(id))
            """)
        return revoked > 0
    }
}
