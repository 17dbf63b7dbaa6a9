import JobQueue
import Postgres
import Testing

/// Enqueuing, claiming and completing, without a worker.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct QueueTests {
    private let kind: JobKind = "test.work"

    @Test func aJobExistsExactlyWhenItsTransactionCommits() async throws {
        try await QueueFixture.with { fixture async throws in
            struct Refusal: Error {}
            await #expect(throws: Refusal.self) {
                try await fixture.pool.withTransaction { connection in
                    try await JobQueue.enqueue(NewJob(kind: kind), on: connection)
                    throw Refusal()
                }
            }
            #expect(try await fixture.queue.list().isEmpty)
            let id = try await fixture.enqueue(NewJob(kind: kind, organizationID: 7, payload: #"{"ticket": 3}"#))
            let job = try #require(
                try await fixture.queue.claim(5, kinds: [kind], worker: "w", lease: .seconds(60)).first)
            #expect(job.id == id && job.organizationID == 7 && job.attempt == 1 && job.payload == #"{"ticket": 3}"#)
            #expect(try await fixture.queue.claim(5, kinds: [kind], worker: "v", lease: .seconds(60)).isEmpty)
        }
    }

    @Test func urgentFirstAndNotBeforeTheirTime() async throws {
        try await QueueFixture.with { fixture async throws in
            let plain = try await fixture.enqueue(NewJob(kind: kind))
            let urgent = try await fixture.enqueue(NewJob(kind: kind, priority: 10))
            _ = try await fixture.enqueue(NewJob(kind: kind, runAfter: .seconds(3_600), priority: 99))
            _ = try await fixture.enqueue(NewJob(kind: "test.other", priority: 99))
            func claimOne() async throws -> Int64? {
                try await fixture.queue.claim(1, kinds: [kind], worker: "w", lease: .seconds(60)).first?.id
            }
            #expect(try await claimOne() == urgent)
            #expect(try await claimOne() == plain)
            #expect(try await claimOne() == nil)
        }
    }

    @Test func manyJobsInOneStatement() async throws {
        try await QueueFixture.with { fixture async throws in
            let jobs =
                (1...3).map { NewJob(kind: kind, organizationID: 7, payload: "{\"n\": \($0)}", priority: Int16($0)) }
                + [
                    NewJob(kind: kind, priority: -1, attemptsMax: 2),
                    NewJob(kind: kind, runAfter: .seconds(3_600), priority: 99),
                ]
            try await fixture.pool.withTransaction { connection in
                try await JobQueue.enqueue(jobs, on: connection)
                try await JobQueue.enqueue([], on: connection)
            }
            let claimed = try await fixture.queue.claim(9, kinds: [kind], worker: "w", lease: .seconds(60))
            #expect(Set(claimed.map(\.payload)) == [#"{"n": 1}"#, #"{"n": 2}"#, #"{"n": 3}"#, "{}"])
            #expect(claimed.first { $0.payload == "{}" }?.organizationID == nil)
            #expect(claimed.count { $0.organizationID == 7 } == 3)
            #expect(try await fixture.queue.list().count == 5)
            let large = NewJob(kind: kind, payload: String(repeating: " ", count: NewJob.payloadBytesMax + 1))
            await #expect(throws: JobQueueError.self) {
                try await fixture.pool.withTransaction { try await JobQueue.enqueue([large], on: $0) }
            }
        }
    }

    @Test func aUniqueKeyMergesWhatStillWaits() async throws {
        try await QueueFixture.with { fixture async throws in
            func enqueue(_ payload: String, organization: Int64 = 1, after: Duration = .zero) async throws -> Int64 {
                try await fixture.enqueue(
                    NewJob(
                        kind: kind, organizationID: organization, payload: payload, runAfter: after, uniqueKey: "index")
                )
            }
            let first = try await enqueue(#"{"generation": 1}"#, after: .seconds(3_600))
            #expect(try await enqueue(#"{"generation": 2}"#) == first)
            #expect(try await enqueue(#"{"generation": 3}"#, after: .seconds(60)) == first)
            let elsewhere = try await enqueue("{}", organization: 2, after: .seconds(3_600))
            #expect(elsewhere != first)
            // The earlier time and the newer payload.
            let claimed = try await fixture.queue.claim(9, kinds: [kind], worker: "w", lease: .seconds(60))
            #expect(claimed.map(\.id) == [first])
            #expect(claimed.first?.payload == #"{"generation": 3}"#)
            // What runs absorbs nothing any more, and giving it back does not collide with its successor.
            let successor = try await enqueue(#"{"generation": 4}"#)
            #expect(successor != first)
            let retried = try await fixture.queue.fail(
                claimed[0], JobFailure(JobError.retryable("again")), delay: .zero,
                handler: TestHandler(pool: fixture.pool))
            #expect(retried == true)
        }
    }

    @Test func oversizedPayloadsAreRefused() async throws {
        try await QueueFixture.with { fixture async throws in
            let payload = "{\"x\": \"\(String(repeating: "x", count: NewJob.payloadBytesMax))\"}"
            await #expect(throws: JobQueueError.payloadTooLarge(bytes: payload.utf8.count)) {
                try await fixture.enqueue(NewJob(kind: kind, payload: payload))
            }
        }
    }

    /// I3: a worker that lost its lease to another writes nothing, however it ends.
    @Test func aStaleCompletionIsRolledBack() async throws {
        try await QueueFixture.with { fixture async throws in
            let id = try await fixture.enqueue(NewJob(kind: kind))
            let handler = TestHandler(pool: fixture.pool)
            // Its lease is over at once, as that of a worker that hangs.
            let stale = try #require(try await fixture.queue.claim(1, kinds: [kind], worker: "w", lease: .zero).first)
            try await fixture.running([fixture.worker(handler) { $0.retryBase = .milliseconds(1) }]) {
                try await fixture.waitUntilAll(.completed, 1)
            }
            await #expect(throws: JobQueueError.stale(job: id, attempt: 1)) { try await handler.run(stale) }
            let lateFailure = try await fixture.queue.fail(
                stale, JobFailure(JobError.permanent("x")), delay: .zero, handler: handler)
            #expect(lateFailure == nil)
            let attempts = try await fixture.pool.query("SELECT attempt FROM results").map {
                try $0.decode(0, as: Int.self)
            }
            #expect(attempts == [2])
            #expect(try await fixture.state(id).state == .completed)
            #expect(try await fixture.notes("retrying") == [JobFailure.leaseExpired.message])
        }
    }

    @Test func operatorsListRetryAndPrune() async throws {
        try await QueueFixture.with { fixture async throws in
            let id = try await fixture.enqueue(NewJob(kind: kind, attemptsMax: 1))
            let done = try await fixture.enqueue(NewJob(kind: kind))
            let handler = TestHandler(pool: fixture.pool)
            for job in try await fixture.queue.claim(2, kinds: [kind], worker: "w", lease: .seconds(60)) {
                if job.id == done {
                    try await handler.run(job)
                } else {
                    _ = try await fixture.queue.fail(
                        job, JobFailure(JobError.retryable("no model")), delay: .zero, handler: handler)
                }
            }
            let discarded = try await fixture.queue.list(state: .discarded)
            #expect(discarded.map(\.id) == [id])
            #expect(discarded.first?.lastError == "no model" && discarded.first?.finishedAt != nil)
            #expect(try await fixture.queue.retry([id, done, 999]) == 1)
            let again = try await fixture.state(id)
            #expect(again.state == .available && again.attempt == 0)
            #expect(try await fixture.queue.counts().map(\.state) == [.available, .completed])
            #expect(try await fixture.queue.prune(completedBefore: .seconds(60)) == 0)
            #expect(try await fixture.queue.prune(completedBefore: .zero) == 1)
            #expect(try await fixture.queue.list().map(\.id) == [id])
        }
    }
}
