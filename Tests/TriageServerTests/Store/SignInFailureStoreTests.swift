import Postgres
import Testing
import TriageServer

@Suite("Failed sign-ins, counted in Postgres")
struct SignInFailureStoreTests {
    private typealias Attempt = SignInFailureStore.Attempt
    private typealias Limits = SignInFailureStore.Limits
    private let windowSeconds = Int(Limits.window.components.seconds)

    private func endWindows(_ pool: PostgresPool) async throws {
        try await pool.execute("UPDATE sign_in_failures SET expires_at = now()")
    }

    @Test func anAccountIsClosedAfterItsLimitWhereverItIsTriedFrom() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            for number in 0..<Limits.accountFailuresMax {
                let attempt = Attempt(username: "a", address: "192.0.2.\(number)")
                #expect(try await store.secondsThrottled(attempt) == nil)
                #expect(try await store.recordFailure(attempt) == nil)
            }
            let elsewhere = Attempt(username: "a", address: "198.51.100.1")
            let seconds = try #require(try await store.secondsThrottled(elsewhere))
            #expect((1...windowSeconds).contains(seconds))
            #expect(try await store.recordFailure(elsewhere) != nil)
            #expect(try await store.secondsThrottled(Attempt(username: "a", address: nil)) != nil)
            #expect(try await store.secondsThrottled(Attempt(username: "A", address: "198.51.100.1")) == nil)

            // Trying on does not make it longer.
            let ends =
                "SELECT extract(epoch FROM expires_at)::bigint AS count FROM sign_in_failures WHERE kind = 'account'"
                as SQL
            let before = try await MigratedDatabase.count(pool, ends)
            _ = try await store.recordFailure(elsewhere)
            #expect(try await MigratedDatabase.count(pool, ends) == before)

            try await endWindows(pool)
            #expect(try await store.secondsThrottled(elsewhere) == nil)
            #expect(try await store.recordFailure(elsewhere) == nil)
            #expect(
                try await MigratedDatabase.count(
                    pool, "SELECT failures::bigint AS count FROM sign_in_failures WHERE kind = 'account'") == 1)
        }
    }

    @Test func anAddressIsClosedAfterItsLimitWhomeverItTries() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            for number in 0..<Limits.addressFailuresMax {
                #expect(try await store.recordFailure(Attempt(username: "u\(number)", address: "192.0.2.1")) == nil)
            }
            let throttled = try await store.secondsThrottled(Attempt(username: "fresh", address: "192.0.2.1"))
            #expect(throttled != nil)
            #expect(try await store.secondsThrottled(Attempt(username: "fresh", address: "192.0.2.2")) == nil)
            #expect(try await store.secondsThrottled(Attempt(username: "u1", address: nil)) == nil)
        }
    }

    @Test func aRightPasswordClearsTheAccountAndNotTheAddress() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            let attempt = Attempt(username: "a", address: "192.0.2.1")
            for _ in 1..<Limits.accountFailuresMax { _ = try await store.recordFailure(attempt) }
            #expect(try await store.recordSuccess(attempt) == nil)
            let rows = try await pool.query("SELECT kind, failures FROM sign_in_failures")
            #expect(try rows.map { try $0.decode("kind", as: String.self) } == ["address"])
            #expect(try rows.first?.decode("failures", as: Int32.self) == Int32(Limits.accountFailuresMax - 1))
            for _ in 1..<Limits.accountFailuresMax { #expect(try await store.recordFailure(attempt) == nil) }
            #expect(try await store.secondsThrottled(attempt) == nil)
        }
    }

    /// The password turned out to be right, but others that were under way had used up the limit: as if it were wrong.
    @Test func aRightPasswordBeyondTheLimitIsNoSignIn() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            let attempt = Attempt(username: "a", address: "192.0.2.1")
            for _ in 0..<Limits.accountFailuresMax { _ = try await store.recordFailure(attempt) }
            #expect(try await store.recordSuccess(attempt) != nil)
            #expect(try await store.secondsThrottled(attempt) != nil)
        }
    }

    @Test func ofConcurrentFailuresOnlyTheLimitIsAnswered() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await store.recordFailure(Attempt(username: "a", address: "192.0.2.\(number % 3)")) == nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(answered == Limits.accountFailuresMax)
        }
    }

    @Test func pruningRemovesWhatIsOver() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            _ = try await store.recordFailure(Attempt(username: "old", address: "192.0.2.1"))
            try await endWindows(pool)
            _ = try await store.recordFailure(Attempt(username: "new", address: nil))
            #expect(try await store.prune() == 2)
            #expect(try await MigratedDatabase.count(pool, "SELECT count(*) FROM sign_in_failures") == 1)
        }
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::1", "0:0:0:0::/64"), ("::", "0:0:0:0::/64"),
        ("2001:db8::1", "2001:db8:0:0::/64"), ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"), ("1::5:6:7:8:9", "1:0:0:5::/64"), ("fe80::2:3:4", "fe80:0:0:0::/64"),
        ("not an address", "not an address"), ("", nil), (String(repeating: "1", count: 46), nil),
    ])
    func addressesAreCountedByWhatOneClientHas(address: String, key: String?) {
        #expect(Attempt(username: "a", address: address).address == key)
    }

    /// Names of any length and any characters are one row of one size, and not in clear.
    @Test func namesAreNotKept() async throws {
        try await MigratedDatabase.with { pool, _ in
            let store = SignInFailureStore(pool: pool)
            _ = try await store.recordFailure(
                Attempt(username: String(repeating: "hunter2 ü", count: 1_000), address: nil))
            let key = try await pool.query("SELECT key FROM sign_in_failures")[0].decode("key", as: String.self)
            #expect(key.utf8.count == 64)
            #expect(key.wholeMatch(of: /[0-9a-f]+/) != nil)
        }
    }
}
