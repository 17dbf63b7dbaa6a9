import Postgres

/// When a worker claims, and how many: a pure decision, driven by `JobWorker`. It claims when it was woken or a poll is
/// due, as long as it has hands free, and goes on at once while claims come back full.
package struct ClaimLoop {
    package typealias Instant = ContinuousClock.Instant

    package enum Action: Equatable {
        case claim(count: Int)
        /// Until then, or until something happens. nil: only until something happens.
        case wait(until: Instant?)
        /// Told to stop, and nothing runs any more.
        case stopped
    }

    private let concurrency: Int
    private let batchMax: Int
    private let pollInterval: Duration
    private let backoff = Backoff(base: .milliseconds(100), max: .seconds(5))
    package private(set) var runningCount = 0
    package private(set) var isStopping = false
    private var isWoken = true
    private var nextPoll: Instant
    private var failuresInRow = 0
    private var retryAt: Instant?

    package init(concurrency: Int, batchMax: Int, pollInterval: Duration, now: Instant) {
        self.concurrency = concurrency
        self.batchMax = batchMax
        self.pollInterval = pollInterval
        nextPoll = now
    }

    /// There may be something to claim.
    package mutating func woken() { isWoken = true }

    package mutating func claimed(_ count: Int, of asked: Int, now: Instant) {
        runningCount += count
        failuresInRow = 0
        retryAt = nil
        nextPoll = now + pollInterval
        // A wake that came while the claim was under way stays: the claim may have looked before its job was there.
        if count == asked { isWoken = true }
    }

    /// - Parameter random: uniform in 0..<1.
    package mutating func claimFailed(now: Instant, random: Double) {
        failuresInRow += 1
        retryAt = now + backoff.bound(afterFailures: failuresInRow) * (0.5 + random / 2)
        isWoken = true
    }

    package mutating func finished() {
        precondition(runningCount > 0, "only what runs can finish")
        runningCount -= 1
    }

    package mutating func stop() { isStopping = true }

    package mutating func next(now: Instant) -> Action {
        if isStopping { return runningCount == 0 ? .stopped : .wait(until: nil) }
        let free = concurrency - runningCount
        guard free > 0 else { return .wait(until: nil) }
        if let retryAt, retryAt > now { return .wait(until: retryAt) }
        guard isWoken || nextPoll <= now else { return .wait(until: nextPoll) }
        isWoken = false
        return .claim(count: min(free, batchMax))
    }
}
