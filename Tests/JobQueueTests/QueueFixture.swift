import Glibc
import JobQueue
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

/// A database of a test's own with the queue's tables and a table that handlers write their results to.
struct QueueFixture: Sendable {
    let pool: PostgresPool
    let queue: JobQueue
    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    static func with<T: Sendable>(_ body: (QueueFixture) async throws -> T) async throws -> T {
        let url = try await TestDatabase.serverConnectionString()
        let name = "nexify_test_\(UInt64.random(in: 0 ... .max))"
        let admin = try await PostgresConnection.connect(PostgresConfiguration(connectionString: url))
        try await admin.script("CREATE DATABASE \(name)", timeout: .seconds(60))
        let named = url.contains("://") ? "\(url)\(url.contains("?") ? "&" : "?")dbname=\(name)" : "\(url) dbname=\(name)"
        let configuration = PostgresConfiguration(connectionString: named, poolSizeMax: 8, acquireTimeout: .seconds(30))
        let pool = PostgresPool(configuration: configuration, logger: logger)
        let result: Result<T, any Error>
        do {
            let results = """
                CREATE TABLE results (job bigint, attempt int, worker text);
                CREATE TABLE notes (job bigint, what text, detail text);
                """
            try await Migrator([Migration(number: 1, name: "jobs", sql: JobQueueSchema.sql + results)], logger: logger)
                .migrate(pool)
            result = .success(try await body(QueueFixture(pool: pool, queue: JobQueue(pool: pool, logger: logger))))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        try await admin.script("DROP DATABASE \(name) WITH (FORCE)", timeout: .seconds(60))
        await admin.close()
        return try result.get()
    }

    func enqueue(_ job: NewJob) async throws -> Int64 {
        try await pool.withTransaction { try await JobQueue.enqueue(job, on: $0) }
    }

    func worker(
        _ handler: any JobHandler, _ change: (inout JobWorkerConfiguration) -> Void = { _ in }
    ) -> JobWorker {
        var configuration = JobWorkerConfiguration()
        change(&configuration)
        return JobWorker(
            queue: queue, handlers: [handler], configuration: configuration, name: "test", logger: Self.logger)
    }

    /// Runs a worker while `body` does its part, then shuts it down.
    func running<T: Sendable>(_ workers: [JobWorker], _ body: () async throws -> T) async throws -> T {
        let tasks = workers.map { worker in Task { try await worker.run() } }
        let result: Result<T, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        for worker in workers { await worker.shutdown(deadline: .seconds(5)) }
        for task in tasks { try await task.value }
        return try result.get()
    }

    func state(_ job: Int64) async throws -> JobRecord {
        try #require(try await queue.list().first { $0.id == job })
    }

    func notes(_ what: String) async throws -> [String] {
        try await pool.query("SELECT detail FROM notes WHERE what = \(what) ORDER BY detail").map { try $0.decode(0) }
    }

    /// Asks until it is so, at most for twenty seconds.
    func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if try await condition() { return }
            await Task.yield()
        }
        throw QueueFixtureError(message: "not within twenty seconds: \(what)")
    }

    func waitUntilAll(_ state: JobState, _ count: Int) async throws {
        try await waitUntil("\(count) jobs are \(state)") {
            try await queue.counts().filter { $0.state == state }.reduce(0) { $0 + $1.count } == count
        }
    }
}

struct QueueFixtureError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}

/// Writes one result in the transaction that completes the job; what it does before is the test's.
struct TestHandler: JobHandler {
    let kind: JobKind = "test.work"
    let pool: PostgresPool
    var before: @Sendable (ClaimedJob) async throws -> Void = { _ in }
    var whenExhausted: @Sendable (ClaimedJob) throws -> Void = { _ in }

    func run(_ job: ClaimedJob) async throws {
        try await before(job)
        try await pool.withTransaction { connection in
            try await connection.execute("INSERT INTO results VALUES (\(job.id), \(job.attempt), \(job.worker))")
            try await JobQueue.complete(job, on: connection)
        }
    }

    func started(_ job: ClaimedJob, on connection: PostgresConnection) async throws {
        try await connection.execute("INSERT INTO notes VALUES (\(job.id), 'started', \(String(job.attempt)))")
    }

    func retrying(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws {
        try await connection.execute("INSERT INTO notes VALUES (\(job.id), 'retrying', \(error.message))")
    }

    func exhausted(_ job: ClaimedJob, error: JobFailure, on connection: PostgresConnection) async throws {
        try await connection.execute("INSERT INTO notes VALUES (\(job.id), 'exhausted', \(error.message))")
        try whenExhausted(job)
    }
}
