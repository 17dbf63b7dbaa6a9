import Foundation
import Postgres
import TestSupport
import Testing
import Triage
import TriageServer

/// Against a server of its own, because failures are counted by address, too, and all tests have the same one.
@Suite("Contract: what sign-in counts and what it stores")
struct SignInContractTests {
    private static let password = "correct horse"
    /// Django's hash of that password; see `PasswordHashTests`.
    private static let django = "pbkdf2_sha256$1000000$seasalt$eDeT2Bk71DYBhUNxsvTfOL61wQ+l2yaHzCst8hDsfHQ="

    private func withServer(_ body: (InstalledSystem, PostgresPool) async throws -> Void) async throws {
        try await MigratedDatabase.with { pool, database in
            let system = try await InstalledSystem.start(
                "serve", dataDirectory: try TestDirectory.make("sign-in"),
                settings: ["DATABASE_URL": database, "NEXIFY_SECRET_KEY": ContractSystem.secret])
            try await body(system, pool)
            await system.end()
        }
    }

    private func signIn(
        _ system: InstalledSystem, _ user: String, _ password: String = password
    ) async throws -> InstalledSystem.Answer {
        try await system.call(
            "POST", "/api/auth/token/", ["username": .string(user), "password": .string(password)])
    }

    private func add(_ user: String, _ pool: PostgresPool, hash: String? = nil) async throws {
        let hash = try hash ?? Argon2.hash(Self.password, cost: .interactive)
        try await pool.execute("INSERT INTO users (username, password_hash) VALUES (\(user), \(hash))")
    }

    private func hash(of user: String, _ pool: PostgresPool) async throws -> String {
        try await pool.query("SELECT password_hash FROM users WHERE username = \(user)")[0].decode("password_hash")
    }

    private func expectThrottled(_ answer: InstalledSystem.Answer) throws {
        #expect(answer.status == 429)
        let seconds = try #require(answer.headers["retry-after"].flatMap { Int($0) })
        #expect((1...900).contains(seconds))
        #expect(
            answer.json == [
                "detail": .string(
                    "Request was throttled. Expected available in \(seconds) second\(seconds == 1 ? "" : "s").")
            ])
    }

    @Test func accountsAndAddressesAreThrottled() async throws {
        try await withServer { system, pool in
            for user in ["known", "bystander", "sleeper"] { try await add(user, pool) }
            try await pool.execute("UPDATE users SET is_active = false WHERE username = 'sleeper'")

            // Many at once: only the limit learns that it was wrong.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<30 { group.addTask { try await signIn(system, "known", "wrong \(number)").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 401 }.count == SignInFailureStore.Limits.accountFailuresMax)
            #expect(statuses.filter { $0 == 429 }.count == 30 - SignInFailureStore.Limits.accountFailuresMax)
            try expectThrottled(try await signIn(system, "known", "wrong"))
            try expectThrottled(try await signIn(system, "known"))
            #expect(try await signIn(system, "bystander").status == 200)

            // Names that nobody has, and users who may not sign in, look the same.
            try await pool.execute("DELETE FROM sign_in_failures")
            for user in ["nobody", "sleeper"] {
                for _ in 0..<SignInFailureStore.Limits.accountFailuresMax {
                    let answer = try await signIn(system, user)
                    #expect(answer.status == 401)
                    #expect(answer.json == ["detail": "No active account found with the given credentials"])
                }
                try expectThrottled(try await signIn(system, user))
            }

            // When the window is over, all is forgotten.
            try await pool.execute("UPDATE sign_in_failures SET expires_at = now()")
            try await pool.execute("UPDATE users SET is_active = true WHERE username = 'sleeper'")
            #expect(try await signIn(system, "sleeper").status == 200)

            // A right password clears its account and not the address.
            try await pool.execute("DELETE FROM sign_in_failures")
            for _ in 0..<2 {
                for _ in 1..<SignInFailureStore.Limits.accountFailuresMax {
                    #expect(try await signIn(system, "bystander", "wrong").status == 401)
                }
                #expect(try await signIn(system, "bystander").status == 200)
            }
            let counted = 2 * (SignInFailureStore.Limits.accountFailuresMax - 1)
            for number in counted..<SignInFailureStore.Limits.addressFailuresMax {
                #expect(try await signIn(system, "guess \(number)").status == 401)
            }
            try expectThrottled(try await signIn(system, "bystander"))
            try expectThrottled(try await signIn(system, "another guess"))
        }
    }

    @Test func djangosHashesAreReplacedAtSignIn() async throws {
        try await withServer { system, pool in
            try await add("carried", pool, hash: Self.django)
            try await add(
                "cheap", pool,
                hash: Argon2.hash(Self.password, cost: Argon2.Cost(memoryKibibytes: 64, passes: 1, lanes: 1)))
            try await add("unusable", pool, hash: "!r0W4KeSyldaWxY2ootCzBUHfreDpzAyLHkQi9EUw")
            #expect(try await signIn(system, "carried", "wrong").status == 401)
            #expect(try await hash(of: "carried", pool) == Self.django)
            #expect(try await signIn(system, "unusable").status == 401)
            for user in ["carried", "cheap"] {
                #expect(try await signIn(system, user).status == 200)
                let stored = try await hash(of: user, pool)
                #expect(stored.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
                #expect(try await signIn(system, user).status == 200)
                #expect(try await hash(of: user, pool) == stored)
                #expect(try await signIn(system, user, "wrong").status == 401)
            }
        }
    }

    /// A password that was changed meanwhile is not changed back.
    @Test func onlyTheVerifiedHashIsReplaced() async throws {
        try await MigratedDatabase.with { pool, _ in
            try await add("a", pool, hash: "new")
            let id = UserID(try await pool.query("SELECT id FROM users")[0].decode("id", as: Int64.self))
            try await UserStore(pool: pool).replacePasswordHash("old", with: "rehashed", of: id)
            #expect(try await hash(of: "a", pool) == "new")
            try await UserStore(pool: pool).replacePasswordHash("new", with: "rehashed", of: id)
            #expect(try await hash(of: "a", pool) == "rehashed")
        }
    }

    /// Whichever comes first, nothing of the family is usable afterwards.
    @Test func signingOutDuringARotationEndsTheFamily() async throws {
        try await withServer { system, pool in
            try await add("racing", pool)
            for _ in 0..<40 {
                let token = JSONValue.string(try #require(try await signIn(system, "racing")["refresh"]?.stringValue))
                async let rotated = system.call("POST", "/api/auth/token/refresh/", ["refresh": token])
                async let out = system.call("POST", "/api/auth/logout/", ["refresh": token])
                #expect(try await out.status == 204)
                #expect(try await [200, 401].contains(rotated.status))
            }
            #expect(
                try await MigratedDatabase.count(
                    pool, "SELECT count(*) FROM refresh_tokens WHERE rotated_at IS NULL AND revoked_at IS NULL") == 0)
        }
    }
}
