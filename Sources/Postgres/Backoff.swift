/// How long to wait before trying again: exponential with full jitter, i.e. uniformly between nothing and a bound that
/// doubles with each attempt, so that those who failed together do not come back together (M. Brooker, "Exponential
/// Backoff and Jitter", 2015).
package struct Backoff: Sendable {
    package var base: Duration
    package var max: Duration

    package init(base: Duration, max: Duration) {
        precondition(base > .zero && max >= base, "a backoff grows from a positive base")
        self.base = base
        self.max = max
    }

    /// The longest wait after the given number of failures, which is at least 1.
    package func bound(afterFailures count: Int) -> Duration {
        let doublings = Swift.min(Swift.max(count - 1, 0), 30)
        // Compared before doubling, so that nothing overflows.
        return base > max / (1 << doublings) ? max : base * (1 << doublings)
    }

    /// - Parameter random: uniform in 0..<1.
    package func delay(afterFailures count: Int, random: Double) -> Duration {
        bound(afterFailures: count) * random
    }
}
