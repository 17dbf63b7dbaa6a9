import Crypto
import Postgres

/// Counts failed sign-ins by account and by client address, in Postgres, so that the limits hold across servers and
/// by one clock.
///
/// A window begins with its first failure and ends `Limits.window` later, however often it is tried meanwhile: nobody can
/// keep an account closed for longer by trying on. Attempts that are under way at once cannot get round the limits,
/// because an attempt's outcome is only told after it was counted: beyond the limit, right and wrong passwords have the
/// same answer.
package struct SignInFailureStore: Sendable {
    package enum Limits {
        /// How long failures count.
        package static let window = Duration.seconds(15 * 60)
        package static let accountFailuresMax = 10
        /// More than for an account: a whole office may share an address.
        package static let addressFailuresMax = 50
        /// No address is longer; what is, is none and is not counted.
        static let addressBytesMax = 45
    }

    /// Whose attempts are counted together.
    package struct Attempt: Sendable, Equatable {
        /// SHA-256 of the user name as given, in hexadecimal: names that nobody has are counted like those that somebody
        /// has, and spellings that are different names are different accounts.
        package let account: String
        /// An IPv4 address, the /64 network of an IPv6 one (which one client has whole), or nil when it is unknown.
        package let address: String?

        package init(username: String, address: String?) {
            account = Hexadecimal.text(SHA256.hash(data: Array(username.utf8)))
            self.address = address.flatMap(Self.network)
        }

        private static func network(of address: String) -> String? {
            guard (1...Limits.addressBytesMax).contains(address.utf8.count) else { return nil }
            let groups = address.lowercased().split(separator: ":", omittingEmptySubsequences: false)
            // An IPv4 address, also inside IPv6 (`::ffff:192.0.2.1`).
            guard let last = groups.last, groups.count > 1, !last.contains(".") else {
                return groups.last.map(String.init)
            }
            // `::` stands for as many zeros as there are groups missing of eight.
            let given = groups.filter { !$0.isEmpty }
            let beforeZeros = groups.prefix { !$0.isEmpty }
            let zeros = Array(repeating: "0" as Substring, count: max(0, 8 - given.count))
            return (beforeZeros + zeros + given.dropFirst(beforeZeros.count)).prefix(4).joined(separator: ":") + "::/64"
        }
    }

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Asked before a password is looked at.
    ///
    /// - Returns: the seconds until the attempt is allowed; nil when it is.
    package func secondsThrottled(_ attempt: Attempt) async throws -> Int? {
        try Self.seconds(try await pool.query("SELECT \(Self.wait) AS seconds FROM (\(Self.counted(attempt))) AS f"))
    }

    /// Counts a failure.
    ///
    /// - Returns: the seconds until the next attempt is allowed, when this failure was one too many, so that nothing may be
    ///   said of it; nil when it may.
    package func recordFailure(_ attempt: Attempt) async throws -> Int? {
        let kinds = attempt.address == nil ? ["account"] : ["account", "address"]
        let keys = [attempt.account] + (attempt.address.map { [$0] } ?? [])
        // Sorted, so that two failures that share both rows lock them in the same order.
        let rows = try await pool.query(
            """
            WITH f AS (
                INSERT INTO sign_in_failures AS s (kind, key, failures, expires_at)
                SELECT kind, key, 1, now() + \(Limits.window) FROM unnest(\(kinds), \(keys)) AS new (kind, key)
                ORDER BY kind, key
                ON CONFLICT (kind, key) DO UPDATE SET
                    failures = CASE WHEN s.expires_at <= now() THEN 1 ELSE s.failures + 1 END,
                    expires_at = CASE WHEN s.expires_at <= now() THEN excluded.expires_at ELSE s.expires_at END
                RETURNING kind, failures - 1 AS failures, expires_at
            )
            SELECT \(Self.wait) AS seconds FROM f
            """)
        return try Self.seconds(rows)
    }

    /// Forgets the account's failures after a right password; the address's stay, or whoever has one account could try all
    /// others without end.
    ///
    /// - Returns: the seconds until the next attempt is allowed, when others that were under way have used up the limit:
    ///   then it is no sign-in, and nothing is forgotten; nil otherwise.
    package func recordSuccess(_ attempt: Attempt) async throws -> Int? {
        let rows = try await pool.query(
            """
            WITH f AS (\(Self.counted(attempt))),
                 waiting AS (SELECT \(Self.wait) AS seconds FROM f),
                 forgotten AS (
                     DELETE FROM sign_in_failures
                     WHERE kind = 'account' AND key = \(attempt.account)
                           AND (SELECT seconds FROM waiting) IS NULL)
            SELECT seconds FROM waiting
            """)
        return try Self.seconds(rows)
    }

    /// Removes windows that are over.
    ///
    /// - Returns: how many.
    @discardableResult
    package func prune() async throws -> Int {
        try await pool.execute("DELETE FROM sign_in_failures WHERE expires_at <= now()")
    }

    /// The attempt's rows whose window is not over.
    private static func counted(_ attempt: Attempt) -> SQL {
        """
        SELECT kind, failures, expires_at FROM sign_in_failures
        WHERE expires_at > now()
              AND (kind = 'account' AND key = \(attempt.account) OR kind = 'address' AND key = \(attempt.address))
        """
    }

    /// Seconds until the last of the exhausted limits of `f` is over; NULL when none is exhausted.
    private static let wait: SQL = """
        (max(greatest(ceil(extract(epoch FROM f.expires_at - now())), 1)) FILTER (WHERE f.failures >=
             CASE f.kind WHEN 'account' THEN \(Limits.accountFailuresMax) ELSE \(Limits.addressFailuresMax) END))::bigint
        """

    private static func seconds(_ rows: [PostgresRow]) throws -> Int? { try rows.first?.decode("seconds") }
}
