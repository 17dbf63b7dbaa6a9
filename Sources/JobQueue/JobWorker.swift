import Logging
import Postgres
import Synchronization

/// Claims jobs and has their handlers run them, several at once, until it is told to stop. Any number of workers, in
/// any number of processes, may share a queue.
public final class JobWorker: Sendable {
    private struct State {
        var loop: ClaimLoop
        var tasks: [Int64: Task<Void, Never>] = [:]
        /// Jobs given back or lost, and why: how their tasks fail is of no consequence any more.
        var forsaken: [Int64: JobMetrics.Outcome] = [:]
        var drainUntil: ContinuousClock.Instant?
        var hasRun = false
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    /// Tells this worker from all others, also from an earlier one of the same process.
    public let name: String
    private let queue: JobQueue
    private let handlers: [JobKind: any JobHandler]
    private let metrics: [JobKind: JobMetrics]
    private let configuration: JobWorkerConfiguration
    private let rescuer: JobRescuer
    private let random: @Sendable () -> Double
    private let logger: Logger
    private let alarm = Alarm()
    private let state: Mutex<State>

    /// - Parameters:
    ///   - handlers: one per kind. Jobs of other kinds are left to other workers.
    ///   - name: begins the worker's name, e.g. with the host's; a random number is added.
    ///   - random: uniform in 0..<1, for the jitter of retries.
    public init(
        queue: JobQueue, handlers: [any JobHandler], configuration: JobWorkerConfiguration = .init(),
        name: String = "worker", logger: Logger,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.name = "\(name)-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        self.queue = queue
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })
        metrics = self.handlers.mapValues { JobMetrics($0.kind) }
        self.configuration = configuration
        self.random = random
        self.logger = logger
        rescuer = JobRescuer(
            queue: queue, handlers: self.handlers, backoff: configuration.backoff, random: random, logger: logger)
        state = Mutex(
            State(
                loop: ClaimLoop(
                    concurrency: configuration.concurrency, batchMax: configuration.claimBatchMax,
                    pollInterval: configuration.pollInterval, now: .now)))
    }

    /// Works until `shutdown` is called or this task is cancelled, which is a shutdown with the configuration's
    /// `drainTime`. Runs once.
    public func run() async throws {
        let isFirst = state.withLock { state in
            defer { state.hasRun = true }
            return !state.hasRun
        }
        precondition(isFirst, "a worker runs once; make another one")
        let sleeper = queue.addSleeper { [self] in wake() }
        await withTaskCancellationHandler {
            await withTaskGroup { group in
                group.addTask { await self.listen() }
                group.addTask { await self.renewLeases() }
                group.addTask { await self.rescueRegularly() }
                // Shielded: a cancelled claim would leave jobs leased to nobody.
                await Task { await self.claimUntilStopped() }.value
                group.cancelAll()
            }
        } onCancel: {
            stop(within: configuration.drainTime)
        }
        queue.removeSleeper(sleeper)
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waitingForEnd = [] }
            return state.waitingForEnd
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Stops claiming, lets running jobs end within the deadline, gives back the others uncharged, and returns when
    /// `run()` has.
    public func shutdown(deadline: Duration) async {
        stop(within: deadline)
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.hasEnded || !state.hasRun { return true }
                state.waitingForEnd.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func stop(within time: Duration) {
        state.withLock { state in
            state.loop.stop()
            let end = ContinuousClock.now + time
            state.drainUntil = min(state.drainUntil ?? end, end)
        }
        alarm.ring()
    }

    private func wake() {
        state.withLock { $0.loop.woken() }
        alarm.ring()
    }

    // MARK: Claiming

    private func claimUntilStopped() async {
        while true {
            let (action, drainUntil) = state.withLock { ($0.loop.next(now: .now), $0.drainUntil) }
            switch action {
            case .stopped:
                return
            case .wait(let time):
                if let drainUntil, drainUntil <= .now { return await giveBackAll() }
                await alarm.sleep(until: drainUntil ?? time)
            case .claim(let count):
                await claim(count)
            }
        }
    }

    private func claim(_ count: Int) async {
        do {
            let jobs = try await queue.claim(
                count, kinds: Array(handlers.keys), worker: name, lease: configuration.lease)
            state.withLock { state in
                state.loop.claimed(jobs.count, of: count, now: .now)
                for job in jobs { state.tasks[job.id] = Task { await self.attempt(job) } }
            }
        } catch {
            state.withLock { $0.loop.claimFailed(now: .now, random: random()) }
            logger.warning("no jobs could be claimed; trying again", metadata: ["error": "\(JobFailure(error))"])
        }
    }

    private func giveBackAll() async {
        let tasks = state.withLock { state in
            for id in state.tasks.keys { state.forsaken[id] = .givenBack }
            return state.tasks
        }
        guard !tasks.isEmpty else { return }
        // First the jobs, then the tasks: what completes in between has won, and is not given back.
        do {
            let count = try await queue.giveBack(Array(tasks.keys), worker: name)
            logger.info("gave unfinished jobs back", metadata: ["count": "\(count)"])
        } catch {
            logger.warning(
                "jobs could not be given back; their leases expire", metadata: ["error": "\(JobFailure(error))"])
        }
        for task in tasks.values { task.cancel() }
    }

    // MARK: One attempt

    private func attempt(_ job: ClaimedJob) async {
        let handler = handlers[job.kind]!
        let start = ContinuousClock.now
        let outcome: JobMetrics.Outcome
        do {
            try await queue.pool.withTransaction { connection in
                try await JobQueue.hold(job, on: connection)
                try await handler.started(job, on: connection)
            }
            try await handler.run(job)
            guard job.completion.isCalled.load(ordering: .acquiring) else {
                throw JobError.permanent("the handler returned without completing the job")
            }
            outcome = .completed
        } catch {
            outcome = await conclude(job, handler, error)
        }
        let elapsed = ContinuousClock.now - start
        metrics[job.kind]?.ended(outcome, after: elapsed)
        if outcome == .completed {
            var metadata = job.logMetadata
            metadata["duration_ms"] = .stringConvertible(Int64(elapsed / .milliseconds(1)))
            logger.info("job completed", metadata: metadata)
        }
        state.withLock { state in
            state.tasks[job.id] = nil
            state.forsaken[job.id] = nil
            state.loop.finished()
        }
        alarm.ring()
    }

    /// Records a failure. While the database is away it tries for as long as the lease can last; after that the rescuer
    /// finds the job.
    private func conclude(_ job: ClaimedJob, _ handler: any JobHandler, _ error: any Error) async -> JobMetrics.Outcome
    {
        if let outcome = state.withLock({ $0.forsaken[job.id] }) { return outcome }
        if case JobQueueError.stale? = error as? JobQueueError {
            logger.notice("an attempt was no longer held, and wrote nothing", metadata: job.logMetadata)
            return .stale
        }
        let failure = JobFailure(error)
        let delay = failure.retryAfter ?? configuration.backoff.delay(afterFailures: job.attempt, random: random())
        let end = ContinuousClock.now + configuration.lease
        let pause = Backoff(base: .milliseconds(100), max: .seconds(2))
        var failures = 0
        while true {
            do {
                let retries = try await queue.fail(job, failure, delay: delay, handler: handler)
                log(job, failure, retries: retries)
                return retries.map { $0 ? .retried : .discarded } ?? .stale
            } catch {
                failures += 1
                let isLast = (error as? PostgresError)?.isUnavailable != true || ContinuousClock.now >= end
                guard !isLast, !Task.isCancelled else {
                    logger.error(
                        "a job's failure could not be recorded; its lease expires",
                        metadata: job.logMetadata.merging(["error": "\(JobFailure(error))"]) { $1 })
                    return .stale
                }
                // A cancelled sleep is seen above, after one more try.
                try? await Task.sleep(for: pause.delay(afterFailures: failures, random: random()))
            }
        }
    }

    private func log(_ job: ClaimedJob, _ failure: JobFailure, retries: Bool?) {
        let metadata = job.logMetadata.merging(["error": "\(failure)"]) { $1 }
        switch retries {
        case true?: logger.warning("an attempt failed; it will be retried", metadata: metadata)
        case false?: logger.error("a job was discarded", metadata: metadata)
        case nil: logger.notice("a failed attempt was no longer held", metadata: metadata)
        }
    }

    // MARK: Beside it

    private func listen() async {
        let listener = PostgresListener(
            configuration: queue.pool.configuration, channels: [JobQueue.channel], logger: logger)
        // Whatever the event, a connection or a notification: there may be jobs.
        for await _ in listener.events() { wake() }
    }

    private func renewLeases() async {
        while await pause(configuration.lease / 3) {
            let ids = state.withLock { Array($0.tasks.keys) }
            guard !ids.isEmpty else { continue }
            do {
                let held = try await queue.renew(ids, worker: name, lease: configuration.lease)
                // What is not held either has just ended, and the cancellation comes too late to matter, or was lost.
                let lost = state.withLock { state in
                    ids.filter { !held.contains($0) }.compactMap { id in
                        guard let task = state.tasks[id] else { return nil as Task<Void, Never>? }
                        state.forsaken[id] = .stale
                        return task
                    }
                }
                for task in lost { task.cancel() }
            } catch {
                if !Task.isCancelled {
                    logger.warning("leases could not be renewed", metadata: ["error": "\(JobFailure(error))"])
                }
            }
        }
    }

    private func rescueRegularly() async {
        repeat {
            do {
                if try await rescuer.rescue() > 0 { wake() }
            } catch {
                if !Task.isCancelled {
                    logger.warning("no look for dead workers' jobs", metadata: ["error": "\(JobFailure(error))"])
                }
            }
        } while await pause(configuration.rescueInterval * (0.75 + random() / 2))
    }

    /// - Returns: false when the task was cancelled.
    private func pause(_ time: Duration) async -> Bool {
        do {
            try await Task.sleep(for: time)
            return true
        } catch {
            return false
        }
    }
}
