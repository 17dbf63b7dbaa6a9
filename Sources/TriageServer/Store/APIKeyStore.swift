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

    /// Keeps a key's hash.
    ///
    /// - Parameter key: shown to its owner this once.
    func add(_ key: String, named name: String, of organization: OrganizationID) async throws {
        try await pool.execute(
            """
            INSERT INTO api_keys (organization_id, name, prefix, key_hash)
            VALUES (\(organization), \(name), \(String(key.prefix(Self.prefixCharacters))), \(Self.hash(key)))
            """, in: organization)
    }
}
