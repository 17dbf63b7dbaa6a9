import Postgres

/// How a worker shares its time.
public struct JobWorkerConfiguration: Sendable {
    /// How many jobs run at once.
    public var concurrency: Int
    /// How many are claimed by one statement at most.
    public var claimBatchMax: Int
    /// How long a claimed job is safe from others without a sign of life. Renewed at a third of it.
    public var lease: Duration
    /// How long after the last look the next one comes when no hint does.
    public var pollInterval: Duration
    /// How often jobs of dead workers are looked for.
    public var rescueInterval: Duration
    /// The wait before a retry is uniform between nothing and this, doubled with each attempt up to `retryMax`.
    public var retryBase: Duration
    public var retryMax: Duration
    /// How long running jobs may go on when the task of `run()` is cancelled.
    public var drainTime: Duration

    public init(
        concurrency: Int = 4, claimBatchMax: Int = 32, lease: Duration = .seconds(30),
        pollInterval: Duration = .seconds(1), rescueInterval: Duration = .seconds(10),
        retryBase: Duration = .seconds(2), retryMax: Duration = .seconds(600), drainTime: Duration = .seconds(5)
    ) {
        precondition(concurrency > 0 && claimBatchMax > 0, "a worker works on one job at least")
        precondition(lease > .zero && pollInterval > .zero && rescueInterval > .zero, "intervals are positive")
        self.concurrency = concurrency
        self.claimBatchMax = claimBatchMax
        self.lease = lease
        self.pollInterval = pollInterval
        self.rescueInterval = rescueInterval
        self.retryBase = retryBase
        self.retryMax = retryMax
        self.drainTime = drainTime
    }

    var backoff: Backoff { Backoff(base: retryBase, max: retryMax) }
}
