import Postgres
import Testing
import Triage
import TriageServer

@Suite("API keys")
struct APIKeyStoreTests {
    private let organization = OrganizationID(1)

    private func withStore(_ body: (APIKeyStore, PostgresPool) async throws -> Void) async throws {
        try await MigratedDatabase.with { pool, _ in
            try await pool.execute("INSERT INTO organizations (id, name) VALUES (1, 'One')")
            try await body(APIKeyStore(pool: pool), pool)
        }
    }

    @Test func aNewKeyHasAVisiblePrefixAnd256RandomBits() throws {
        let key = APIKeyStore.make()
        #expect(key.text.wholeMatch(of: /nxf_[0-9a-f]{8}_[A-Za-z0-9_-]{43}/) != nil)
        #expect(Base64URL.decode(String(key.text.suffix(43)))?.count == 32)
        #expect(key.prefix == key.text.prefix(12))
        #expect(Set((0..<100).map { _ in APIKeyStore.make().text.suffix(43) }).count == 100)
    }

    @Test func onlyTheHashIsKept() async throws {
        try await withStore { store, pool in
            let key = APIKeyStore.make()
            try await store.add(key.text, named: "webhook", of: organization)
            #expect(try await store.organization(of: key.text, scope: .ingest) == organization)
            for wrong in [key.prefix, key.text + "x", key.text.uppercased(), APIKeyStore.make().text] {
                #expect(try await store.organization(of: wrong, scope: .ingest) == nil)
            }
            let kept = try await pool.query("SELECT to_jsonb(k)::text AS row FROM api_keys k")[0]
                .decode("row", as: String.self)
            #expect(kept.contains(key.prefix))
            #expect(!kept.contains(key.text.suffix(43)))
        }
    }

    @Test func aRevokedKeyIsNone() async throws {
        try await withStore { store, pool in
            let key = APIKeyStore.make().text
            try await store.add(key, named: "k", of: organization)
            try await pool.execute("UPDATE api_keys SET revoked_at = now()")
            #expect(try await store.organization(of: key, scope: .ingest) == nil)
        }
    }

    @Test func aKeyOfAnotherScopeIsNone() async throws {
        try await withStore { store, pool in
            let key = APIKeyStore.make().text
            try await store.add(key, named: "k", of: organization)
            await #expect(throws: PostgresError.self) { try await pool.execute("UPDATE api_keys SET scope = 'read'") }
            // As a later version may have it.
            try await pool.execute("ALTER TABLE api_keys DROP CONSTRAINT api_keys_scope_check")
            try await pool.execute("UPDATE api_keys SET scope = 'read'")
            #expect(try await store.organization(of: key, scope: .ingest) == nil)
        }
    }

    @Test func lastUseIsNotedOnceAMinute() async throws {
        try await withStore { store, pool in
            let key = APIKeyStore.make().text
            try await store.add(key, named: "k", of: organization)
            func noted(_ condition: SQL) async throws -> Bool {
                try await MigratedDatabase.count(pool, "SELECT count(*) FROM api_keys WHERE \(condition)") == 1
            }
            #expect(try await noted("last_used_at IS NULL"))
            _ = try await store.organization(of: key, scope: .ingest)
            #expect(try await noted("last_used_at > now() - interval '50 seconds'"))
            try await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '55 seconds'")
            _ = try await store.organization(of: key, scope: .ingest)
            #expect(try await noted("last_used_at < now() - interval '50 seconds'"))
            try await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
            _ = try await store.organization(of: key, scope: .ingest)
            #expect(try await noted("last_used_at > now() - interval '50 seconds'"))
        }
    }
}
