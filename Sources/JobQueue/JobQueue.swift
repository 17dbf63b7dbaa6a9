import Logging
import Postgres
import Synchronization

/// Durable jobs in Postgres: what a committed transaction enqueued runs at least once, and completes at most once.
///
/// All times are the server's (`now()`), so that clocks of workers may differ. NOTIFY only shortens the wait; polling
/// finds every job without it.
public final class JobQueue: Sendable {
    /// What NOTIFY says "look at the jobs" on.
    static let channel = PostgresChannel("nexify_jobs")
    /// Between two NOTIFY, at least.
    static let hintPause = Duration.milliseconds(5)

    private struct State {
        var isHinting = false
        var mustHintAgain = false
        var sleepers: [Int: @Sendable () -> Void] = [:]
        var sleepersRegistered = 0
    }

    let pool: PostgresPool
    let logger: Logger
    private let state = Mutex(State())

    public init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    // MARK: Producing

    /// Adds a job in the caller's transaction: it exists exactly when that commits. Call `hint()` afterwards.
    /// - Returns: the job's id; with a `uniqueKey`, that of the waiting job it was merged into.
    @discardableResult
    public static func enqueue(_ job: NewJob, on connection: PostgresConnection) async throws -> Int64 {
        guard job.payload.utf8.count <= NewJob.payloadBytesMax else {
            throw JobQueueError.payloadTooLarge(bytes: job.payload.utf8.count)
        }
        var insert: SQL = """
            INSERT INTO jobs (kind, organization_id, payload, priority, attempts_max, run_at, unique_key)
            VALUES (\(job.kind.rawValue), \(job.organizationID), \(PostgresJSON(job.payload)), \(job.priority),
                    \(job.attemptsMax), now() + \(job.runAfter), \(job.uniqueKey))
            """
        if job.uniqueKey != nil {
            insert += """
                 ON CONFLICT (kind, coalesce(organization_id, 0), unique_key)
                    WHERE state = 'available' AND unique_key IS NOT NULL
                 DO UPDATE SET payload = EXCLUDED.payload, run_at = least(jobs.run_at, EXCLUDED.run_at),
                    priority = greatest(jobs.priority, EXCLUDED.priority)
                """
        }
        insert += " RETURNING id"
        return try await connection.query(insert)[0].decode(0)
    }

    /// Tells all workers that there is something to do; to be called after COMMIT. Returns at once: while one NOTIFY is
    /// under way further calls are merged into one more.
    public func hint() {
        wake()
        let mustStart = state.withLock { state in
            if state.isHinting {
                state.mustHintAgain = true
                return false
            }
            state.isHinting = true
            return true
        }
        if mustStart { Task { await notify() } }
    }

    /// Tells the workers of this process only, without a round trip.
    public func wake() {
        for sleeper in state.withLock({ Array($0.sleepers.values) }) { sleeper() }
    }

    private func notify() async {
        while true {
            do {
                _ = try await pool.query("SELECT pg_notify(\(Self.channel.name), '')")
            } catch {
                // Polling finds the job as well, a little later.
                logger.debug("no hint could be sent", metadata: ["error": "\(error)"])
            }
            let isDone = state.withLock { state in
                defer { state.mustHintAgain = false }
                state.isHinting = state.mustHintAgain
                return !state.mustHintAgain
            }
            if isDone { return }
            // Under load, one for all that is enqueued meanwhile: each costs the server a commit of its own.
            try? await ContinuousClock().sleep(for: Self.hintPause)
        }
    }

    /// Calls a worker's alarm at every hint until it is removed.
    func addSleeper(_ alarm: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.sleepersRegistered += 1
            state.sleepers[state.sleepersRegistered] = alarm
            return state.sleepersRegistered
        }
    }

    func removeSleeper(_ number: Int) {
        state.withLock { $0.sleepers[number] = nil }
    }

    // MARK: Completing

    /// Ends a job in the transaction that writes its result, so that both happen or neither.
    /// - Throws: `JobQueueError.stale` when the attempt is no longer held; the transaction must then roll
    ///   back, which it does when the error is let through.
    public static func complete(_ job: ClaimedJob, on connection: PostgresConnection) async throws {
        let count = try await connection.execute(
            """
            UPDATE jobs SET state = 'completed', finished_at = now(), lease_until = NULL, last_error = NULL
            WHERE \(job.fence)
            """)
        guard count == 1 else { throw JobQueueError.stale(job: job.id, attempt: job.attempt) }
        job.completion.isCalled.store(true, ordering: .releasing)
    }
}

extension ClaimedJob {
    /// Holds only while this attempt is the one that counts.
    var fence: SQL {
        "id = \(id) AND state = 'running' AND attempt = \(attempt) AND worker = \(worker)"
    }
}
