import Postgres

/// A job as an operator sees it.
public struct JobRecord: Sendable {
    public var id: Int64
    public var kind: JobKind
    public var organizationID: Int64?
    public var payload: String
    public var state: JobState
    public var attempt: Int
    public var attemptsMax: Int
    public var runAt: PostgresTimestamp
    public var createdAt: PostgresTimestamp
    public var finishedAt: PostgresTimestamp?
    public var worker: String?
    public var lastError: String?
}

/// How many jobs of a kind are in a state, and how long the oldest due one has waited.
public struct JobCount: Sendable, Equatable {
    public var kind: JobKind
    public var state: JobState
    public var count: Int
    /// Only for available jobs that are due.
    public var oldestWait: Duration?
}

/// What `jobs list` and `jobs retry` do.
extension JobQueue {
    public static let listMax = 1_000

    /// The newest first, at most `listMax`.
    public func list(state: JobState? = nil, kind: JobKind? = nil, limit: Int = 100) async throws -> [JobRecord] {
        var conditions: [SQL] = ["true"]
        if let state { conditions.append("state = \(state.rawValue)") }
        if let kind { conditions.append("kind = \(kind.rawValue)") }
        let rows = try await pool.query(
            """
            SELECT id, kind, organization_id, payload, state, attempt, attempts_max, run_at, created_at, finished_at,
                   worker, last_error
            FROM jobs WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC
            LIMIT \(min(max(limit, 0), Self.listMax))
            """)
        return try rows.map { row in
            let name = try row.decode("state", as: String.self)
            guard let state = JobState(rawValue: name) else {
                throw PostgresError(.decoding, "jobs.state \(name) is unknown to this program; run a newer one")
            }
            return JobRecord(
                id: try row.decode("id"), kind: JobKind(rawValue: try row.decode("kind")),
                organizationID: try row.decode("organization_id"), payload: try row.decode("payload"), state: state,
                attempt: try row.decode("attempt"), attemptsMax: try row.decode("attempts_max"),
                runAt: try row.decode("run_at"), createdAt: try row.decode("created_at"),
                finishedAt: try row.decode("finished_at"), worker: try row.decode("worker"),
                lastError: try row.decode("last_error"))
        }
    }

    /// Makes discarded jobs available at once, with all their attempts.
    /// - Returns: how many there were; jobs in other states are left alone.
    @discardableResult
    public func retry(_ ids: [Int64]) async throws -> Int {
        let count = try await pool.execute(
            """
            UPDATE jobs SET state = 'available', attempt = 0, run_at = now(), finished_at = NULL, worker = NULL
            WHERE id = ANY(\(ids)) AND state = 'discarded'
            """)
        if count > 0 { hint() }
        return count
    }

    /// For metrics. Resting jobs are counted too, so not for every request.
    public func counts() async throws -> [JobCount] {
        let rows = try await pool.query(
            """
            SELECT kind, state, count(*), max(now() - run_at) FILTER (WHERE state = 'available' AND run_at <= now())
            FROM jobs GROUP BY kind, state ORDER BY kind, state
            """)
        return try rows.compactMap { row in
            guard let state = JobState(rawValue: try row.decode(1)) else { return nil }
            return JobCount(
                kind: JobKind(rawValue: try row.decode(0)), state: state, count: try row.decode(2),
                oldestWait: try row.decode(3))
        }
    }

    /// Deletes completed jobs that rest longer than `age`, at most `countMax` of them, so that the table stays small.
    /// Discarded ones stay until an operator has dealt with them.
    @discardableResult
    public func prune(completedBefore age: Duration, countMax: Int = 1_000) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs WHERE state = 'completed' AND finished_at < now() - \(age)
                ORDER BY finished_at LIMIT \(countMax) FOR UPDATE SKIP LOCKED)
            """)
    }
}
