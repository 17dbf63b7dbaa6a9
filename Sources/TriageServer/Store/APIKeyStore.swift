import Crypto
import Postgres
import Triage

/// The organisations' keys for sending tickets in. Only the SHA-256 of a key is kept: keys are 256 random bits, so a
/// slow hash would add nothing.
package struct APIKeyStore: Sendable {
    /// What a key may be used for.
    package enum Scope: String, Sendable, CaseIterable {
        /// Sending tickets in.
        case ingest
    }

    /// A key as its owner sees it, once.
    package struct NewKey: Sendable {
        /// `nxf_<8 hexadecimal digits>_<43 characters of base64url>`. The digits tell keys apart and prove nothing; what
        /// follows them is 256 random bits.
        package let text: String

        /// `nxf_` and the digits: what is kept of it in clear.
        package var prefix: String { APIKeyStore.prefix(of: text) }
    }

    /// How many characters of a key are kept, to tell keys apart in a list.
    static let prefixCharacters = 12

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// A new key, from the system's random source. It works once it has been added.
    package static func make() -> NewKey {
        NewKey(
            text: "nxf_\(RandomToken.hexadecimal(bytes: 4))_\(Base64URL.encode(RandomToken.bytes(32)))")
    }

    static func hash(_ key: String) -> [UInt8] { Array(SHA256.hash(data: Array(key.utf8))) }

    static func prefix(of key: String) -> String { String(key.prefix(prefixCharacters)) }

    /// The organisation of a key that has the scope and is not revoked; notes that it was used.
    package func organization(of key: String, scope: Scope) async throws -> OrganizationID? {
        try await pool.query("SELECT enter_by_key(\(Self.hash(key)), \(scope.rawValue)) AS organization_id")
            .one().decode("organization_id")
    }

    /// Keeps a key's hash.
    ///
    /// - Parameter key: shown to its owner this once.
    package func add(
        _ key: String, named name: String, of organization: OrganizationID, scope: Scope = .ingest
    ) async throws {
        try await pool.execute(
            """
            INSERT INTO api_keys (organization_id, name, prefix, key_hash, scope)
            VALUES (\(organization), \(name), \(Self.prefix(of: key)), \(Self.hash(key)), \(scope.rawValue))
            """, in: organization)
    }
}
