import Crypto
import Postgres
import Triage

/// The organisations' keys for sending tickets in. Only the SHA-256 of a key is kept: keys are 256 random bits, so a
/// slow hash would add nothing.
struct APIKeyStore: Sendable {
    let pool: PostgresPool

    /// How many characters of a key are kept, to tell keys apart in a list.
    static let prefixCharacters = 12

    static func hash(_ key: String) -> [UInt8] { Array(SHA256.hash(data: Array(key.utf8))) }

    /// The organisation of a key that is not revoked. Notes the use, at most once a minute a key, so that a busy key does
    /// not become one hot row.
    func organization(ofKeyWithHash hash: [UInt8]) async throws -> OrganizationID? {
        let rows = try await pool.query(
            """
            SELECT id, organization_id, last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS is_stale
            FROM api_keys WHERE key_hash = \(hash) AND revoked_at IS NULL
            """)
        guard let row = rows.first else { return nil }
        if try row.decode("is_stale", as: Bool.self) {
            let id: Int64 = try row.decode("id")
            try await pool.execute("UPDATE api_keys SET last_used_at = now() WHERE id = \(id)")
        }
        return try row.decode("organization_id")
    }

    /// Keeps a key's hash.
    ///
    /// - Parameter key: shown to its owner this once.
    func add(_ key: String, named name: String, of organization: OrganizationID) async throws {
        try await pool.execute(
            """
            INSERT INTO api_keys (organization_id, name, prefix, key_hash)
            VALUES (\(organization), \(name), \(String(key.prefix(Self.prefixCharacters))), \(Self.hash(key)))
            """)
    }
}
