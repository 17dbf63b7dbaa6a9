import Postgres
import Triage

/// What an admin does with the organisation's keys.
extension APIKeyStore {
    private static let columns: SQL = "id, name, prefix, scope, created_at, last_used_at, revoked_at"

    /// Newest first, revoked ones included.
    func keys(of organization: OrganizationID, page: PageWindow) async throws -> Page<APIKey> {
        try await pool.page(
            count: "SELECT count(*) AS n FROM api_keys WHERE organization_id = \(organization)",
            rows: """
                SELECT \(Self.columns) FROM api_keys WHERE organization_id = \(organization)
                ORDER BY id DESC LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization, APIKey.init)
    }

    func key(_ id: APIKeyID, of organization: OrganizationID) async throws -> APIKey? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM api_keys WHERE id = \(id) AND organization_id = \(organization)",
            in: organization)
        return try rows.first.map(APIKey.init)
    }

    /// - Returns: the key itself as well, which cannot be had a second time.
    /// - Throws: `StoreError.tooMany`.
    func create(
        named name: String, of organization: OrganizationID, by user: UserID
    ) async throws -> (key: APIKey, secret: String) {
        let new = Self.make()
        let key = try await pool.administer(organization, by: user) { connection in
            let count = try await connection.query(
                """
                SELECT count(*) AS n FROM api_keys
                WHERE organization_id = \(organization) AND revoked_at IS NULL
                """
            ).one().decode("n", as: Int.self)
            guard count < APIKey.Limits.countMax else {
                throw StoreError.tooMany("API keys", countMax: APIKey.Limits.countMax)
            }
            let key = try APIKey(
                try await connection.query(
                    """
                    INSERT INTO api_keys (organization_id, name, prefix, key_hash)
                    VALUES (\(organization), \(name), \(new.prefix), \(Self.hash(new.text)))
                    RETURNING \(Self.columns)
                    """
                ).one())
            try await connection.record(
                .apiKeyCreated, in: organization, by: user,
                payload: ["api_key": .int(key.id.rawValue), "name": .string(name)])
            return key
        }
        return (key, new.text)
    }

    /// Nothing is taken with the key any more; its row stays. Revoking it again changes nothing.
    ///
    /// - Throws: `StoreError.notFound`.
    func revoke(_ id: APIKeyID, of organization: OrganizationID, by user: UserID) async throws {
        try await pool.administer(organization, by: user) { connection in
            let rows = try await connection.query(
                "SELECT \(Self.columns) FROM api_keys WHERE id = \(id) AND organization_id = \(organization)")
            guard let key = try rows.first.map(APIKey.init) else { throw StoreError.notFound }
            guard key.revokedAt == nil else { return }
            try await connection.execute(
                "UPDATE api_keys SET revoked_at = now() WHERE id = \(id) AND organization_id = \(organization)")
            try await connection.record(
                .apiKeyRevoked, in: organization, by: user,
                payload: ["api_key": .int(id.rawValue), "name": .string(key.name)])
        }
    }
}

extension APIKey {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), name: try row.decode("name"), prefix: try row.decode("prefix"),
            scope: try row.decode("scope"),
            createdAt: try row.decode("created_at"), lastUsedAt: try row.decode("last_used_at"),
            revokedAt: try row.decode("revoked_at"))
    }
}
