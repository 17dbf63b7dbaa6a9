import JobQueue
import Postgres
import Synchronization
import Testing

/// Workers against a real server.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct WorkerTests {
    private let kind: JobKind = "test.work"

    /// I1, I2: whatever is enqueued is completed, and once.
    @Test func fourWorkersDoFiveHundredJobsExactlyOnce() async throws {
        try await QueueFixture.with { fixture async throws in
            let handler = TestHandler(pool: fixture.pool)
            let workers = (0..<4).map { _ in
                fixture.worker(handler) {
                    $0.concurrency = 3; $0.claimBatchMax = 2
                }
            }
            try await fixture.running(workers) {
                for batch in 0..<50 {
                    try await fixture.pool.withTransaction { connection in
                        for job in 0..<10 {
                            try await JobQueue.enqueue(
                                NewJob(kind: kind, payload: #"{"n": \#(batch * 10 + job)}"#), on: connection)
                        }
                    }
                    fixture.queue.hint()
                }
                try await fixture.waitUntilAll(.completed, 500)
            }
            let row = try await fixture.pool.query(
                "SELECT count(*), count(DISTINCT job), max(attempt), count(DISTINCT worker) FROM results")[0]
            #expect(try row.decode(0, as: Int.self) == 500)
            #expect(try row.decode(1, as: Int.self) == 500)
            #expect(try row.decode(2, as: Int.self) == 1)
            #expect(try row.decode(3, as: Int.self) > 1)
            #expect(try await fixture.notes("started").count == 500)
        }
    }

    @Test func aHintFromAnotherProcessStartsAJobLongBeforeThePoll() async throws {
        try await QueueFixture.with { fixture async throws in
            // Another JobQueue stands for another process: it shares nothing with the worker but the database.
            let elsewhere = JobQueue(pool: fixture.pool, logger: QueueFixture.logger)
            let worker = fixture.worker(TestHandler(pool: fixture.pool)) { $0.pollInterval = .seconds(3_600) }
            try await fixture.running([worker]) {
                for count in 1...20 {
                    _ = try await fixture.enqueue(NewJob(kind: kind))
                    elsewhere.hint()
                    try await fixture.waitUntilAll(.completed, count)
                }
            }
        }
    }

    @Test func failuresAreRetriedThenDiscardedWithTheirHandlersWord() async throws {
        try await QueueFixture.with { fixture async throws in
            let handler = TestHandler(
                pool: fixture.pool, before: { _ in throw JobError.retryable("the model is away") })
            let id = try await fixture.enqueue(NewJob(kind: kind, attemptsMax: 3))
            let worker = fixture.worker(handler) {
                $0.retryBase = .milliseconds(1); $0.pollInterval = .milliseconds(5)
            }
            try await fixture.running([worker]) { try await fixture.waitUntilAll(.discarded, 1) }
            #expect(try await fixture.state(id).attempt == 3)
            #expect(try await fixture.state(id).lastError == "the model is away")
            #expect(try await fixture.notes("retrying") == ["the model is away", "the model is away"])
            #expect(try await fixture.notes("exhausted") == ["the model is away"])
        }
    }

    @Test func aPermanentErrorIsNotRetried() async throws {
        try await QueueFixture.with { fixture async throws in
            let handler = TestHandler(pool: fixture.pool, before: { _ in throw JobError.permanent("no such ticket") })
            let id = try await fixture.enqueue(NewJob(kind: kind, attemptsMax: 3))
            try await fixture.running([fixture.worker(handler)]) { try await fixture.waitUntilAll(.discarded, 1) }
            #expect(try await fixture.state(id).attempt == 1)
            #expect(try await fixture.notes("retrying").isEmpty)
        }
    }

    @Test func foreignErrorsAreRecordedByTypeOnly() async throws {
        struct Leak: Error { var text = "customer text" }
        try await QueueFixture.with { fixture async throws in
            let handler = TestHandler(pool: fixture.pool, before: { _ in throw Leak() })
            let id = try await fixture.enqueue(NewJob(kind: kind, attemptsMax: 1))
            try await fixture.running([fixture.worker(handler)]) { try await fixture.waitUntilAll(.discarded, 1) }
            #expect(try await fixture.state(id).lastError == "failed with Leak")
        }
    }

    @Test func forgettingToCompleteIsAnError() async throws {
        struct Forgetful: JobHandler {
            let kind: JobKind = "test.work"
            func run(_ job: ClaimedJob) async throws {}
        }
        try await QueueFixture.with { fixture async throws in
            let id = try await fixture.enqueue(NewJob(kind: kind))
            try await fixture.running([fixture.worker(Forgetful())]) { try await fixture.waitUntilAll(.discarded, 1) }
            #expect(try await fixture.state(id).lastError?.contains("without completing") == true)
        }
    }

    /// The discard and what the handler notes about it happen together or not at all.
    @Test func discardingIsAtomicWithItsCallback() async throws {
        struct Refusal: Error {}
        try await QueueFixture.with { fixture async throws in
            let asked = Mutex(0)
            let handler = TestHandler(
                pool: fixture.pool, before: { _ in throw JobError.permanent("no such ticket") },
                whenExhausted: { _ in
                    let count = asked.withLock { count in
                        count += 1
                        return count
                    }
                    // The first time its transaction fails; the rescuer comes back to it.
                    if count == 1 { throw Refusal() }
                })
            let id = try await fixture.enqueue(NewJob(kind: kind, attemptsMax: 1))
            let worker = fixture.worker(handler) {
                $0.lease = .milliseconds(300); $0.rescueInterval = .milliseconds(100)
            }
            try await fixture.running([worker]) { try await fixture.waitUntilAll(.discarded, 1) }
            #expect(asked.withLock { $0 } == 2)
            #expect(try await fixture.notes("exhausted") == [JobFailure.leaseExpired.message])
            #expect(try await fixture.state(id).state == .discarded)
        }
    }

    /// A worker that is gone without a word: its job is done by another.
    @Test func aCrashedWorkersJobIsRescued() async throws {
        try await QueueFixture.with { fixture async throws in
            let id = try await fixture.enqueue(NewJob(kind: kind))
            let last = try await fixture.enqueue(NewJob(kind: kind, attemptsMax: 1))
            let lost = try await fixture.queue.claim(2, kinds: [kind], worker: "crashed", lease: .milliseconds(200))
            #expect(lost.count == 2)
            let worker = fixture.worker(TestHandler(pool: fixture.pool)) {
                $0.retryBase = .milliseconds(1)
                $0.rescueInterval = .milliseconds(50)
                $0.pollInterval = .milliseconds(20)
            }
            try await fixture.running([worker]) {
                try await fixture.waitUntilAll(.completed, 1)
                try await fixture.waitUntilAll(.discarded, 1)
            }
            #expect(try await fixture.state(id).attempt == 2)
            #expect(try await fixture.state(last).state == .discarded)
            #expect(try await fixture.notes("exhausted") == [JobFailure.leaseExpired.message])
        }
    }

    @Test func aLongJobKeepsItsLease() async throws {
        try await QueueFixture.with { fixture async throws in
            // Three times the lease, measured by the server's own clock.
            let pool = fixture.pool
            let handler = TestHandler(pool: pool, before: { _ in _ = try await pool.query("SELECT pg_sleep(0.9)") })
            _ = try await fixture.enqueue(NewJob(kind: kind))
            let workers = (0..<2).map { _ in
                fixture.worker(handler) {
                    $0.lease = .milliseconds(300); $0.rescueInterval = .milliseconds(50)
                }
            }
            try await fixture.running(workers) { try await fixture.waitUntilAll(.completed, 1) }
            #expect(
                try await fixture.pool.query("SELECT attempt FROM results").map { try $0.decode(0, as: Int.self) } == [
                    1
                ])
        }
    }

    /// I11: what could not end in time is given back and its attempt not charged; nothing more is claimed.
    @Test(arguments: [true, false])
    func shuttingDownGivesBackUncharged(byCancelling: Bool) async throws {
        try await QueueFixture.with { fixture async throws in
            let (began, begin) = AsyncStream<Void>.makeStream()
            let handler = TestHandler(
                pool: fixture.pool,
                before: { _ in
                    begin.yield()
                    try await Task.sleep(for: .seconds(600))
                })
            var ids: [Int64] = []
            for _ in 0..<5 { ids.append(try await fixture.enqueue(NewJob(kind: kind))) }
            let worker = fixture.worker(handler) {
                $0.concurrency = 2; $0.drainTime = .milliseconds(50)
            }
            let task = Task { try await worker.run() }
            var beginnings = began.makeAsyncIterator()
            for _ in 0..<2 { _ = await beginnings.next() }
            if byCancelling { task.cancel() } else { await worker.shutdown(deadline: .milliseconds(50)) }
            try await task.value
            for id in ids {
                let job = try await fixture.state(id)
                #expect(job.state == .available && job.attempt == 0 && job.lastError == nil)
            }
            // Another worker gets them at once.
            try await fixture.running([fixture.worker(TestHandler(pool: fixture.pool))]) {
                try await fixture.waitUntilAll(.completed, 5)
            }
        }
    }

    @Test func shuttingDownLetsRunningJobsEnd() async throws {
        try await QueueFixture.with { fixture async throws in
            let (began, begin) = AsyncStream<Void>.makeStream()
            let (mayEnd, end) = AsyncStream<Void>.makeStream()
            let handler = TestHandler(
                pool: fixture.pool,
                before: { _ in
                    begin.yield()
                    for await _ in mayEnd {}
                })
            let first = try await fixture.enqueue(NewJob(kind: kind))
            let worker = fixture.worker(handler) { $0.concurrency = 1 }
            let task = Task { try await worker.run() }
            var beginnings = began.makeAsyncIterator()
            _ = await beginnings.next()
            let second = try await fixture.enqueue(NewJob(kind: kind))
            let shutdown = Task { await worker.shutdown(deadline: .seconds(60)) }
            end.finish()
            await shutdown.value
            try await task.value
            #expect(try await fixture.state(first).state == .completed)
            #expect(try await fixture.state(second).attempt <= 1)
        }
    }
}
