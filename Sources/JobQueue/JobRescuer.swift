import Logging
import Postgres

/// Finds jobs whose worker died, i.e. whose lease ran out, and ends their attempt. Any number may run: an advisory lock
/// lets one work at a time.
struct JobRescuer: Sendable {
    let queue: JobQueue
    let handlers: [JobKind: any JobHandler]
    let backoff: Backoff
    let random: @Sendable () -> Double
    let logger: Logger

    /// "rescue" in ASCII.
    private static let lockKey: Int64 = 0x7265_7363_7565
    /// How many jobs one look takes on.
    static let countMax = 100

    /// - Returns: how many attempts were ended.
    /// - Throws: `PostgresError`. A handler's error is logged, and its job waits for the next look.
    @discardableResult
    func rescue() async throws -> Int {
        try await queue.pool.withConnection { connection in
            let locked = try await connection.query("SELECT pg_try_advisory_lock(\(Self.lockKey))")
            guard try locked[0].decode(0, as: Bool.self) else { return 0 }
            do {
                let count = try await rescue(on: connection)
                try await connection.execute("SELECT pg_advisory_unlock(\(Self.lockKey))")
                return count
            } catch {
                // The lock goes with the session.
                await connection.close()
                throw error
            }
        }
    }

    private func rescue(on connection: PostgresConnection) async throws -> Int {
        var count = 0
        for job in try await JobQueue.expired(kinds: Array(handlers.keys), countMax: Self.countMax, on: connection) {
            guard let handler = handlers[job.kind] else { continue }
            let delay = backoff.delay(afterFailures: job.attempt, random: random())
            do {
                let retries = try await queue.fail(job, .leaseExpired, delay: delay, handler: handler, isExpired: true)
                guard let retries else { continue }
                count += 1
                logger.warning(
                    "rescued a job whose worker died",
                    metadata: job.logMetadata.merging(["worker": "\(job.worker)", "retries": "\(retries)"]) { $1 })
            } catch let error as PostgresError where error.isUnavailable || error.code == .cancelled {
                throw error
            } catch {
                logger.error(
                    "a job could not be rescued",
                    metadata: job.logMetadata.merging(["error": "\(JobFailure(error))"]) { $1 })
            }
        }
        return count
    }
}
