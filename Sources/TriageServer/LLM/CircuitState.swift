/// The states of a `CircuitBreaker`, without clock or lock.
///
/// ```
///            failuresMax failures in a row           pause over, one call admitted
///   closed ───────────────────────────────▶ open ───────────────────────────────▶ probing
///     ▲                                      ▲  ◀──── the probe fails (new pause) ────┤
///     │                                      └─────── the probe is given up ──────────┤
///     └──────────────────────────────────────── the probe succeeds ───────────────────┘
/// ```
///
/// A call's outcome counts only in the period in which it was admitted: one that was admitted before the circuit opened
/// and ends late neither closes it nor is taken for the probe.
package struct CircuitState: Sendable, Equatable {
    /// The right to make one call; handed back with its outcome.
    package struct Admission: Sendable, Equatable {
        fileprivate let period: Int
    }

    private enum Phase: Equatable {
        case closed(failures: Int)
        case open(until: ContinuousClock.Instant)
        /// One call is under way that decides. `since` has passed: it is when the pause ended.
        case probing(since: ContinuousClock.Instant)
    }

    package let failuresMax: Int
    package let pause: Duration
    private var phase = Phase.closed(failures: 0)
    /// Grows whenever the phase changes.
    private var period = 0

    package init(failuresMax: Int, pause: Duration) {
        precondition(failuresMax > 0)
        self.failuresMax = failuresMax
        self.pause = pause
    }

    /// - Returns: nil when no call may be made now.
    package mutating func admit(at now: ContinuousClock.Instant) -> Admission? {
        switch phase {
        case .closed: break
        case .probing: return nil
        case .open(let until):
            if now < until { return nil }
            enter(.probing(since: until))
        }
        return Admission(period: period)
    }

    package mutating func record(success: Bool, of admission: Admission, at now: ContinuousClock.Instant) {
        guard admission.period == period else { return }
        switch phase {
        case .closed where success: phase = .closed(failures: 0)
        case .closed(let failures) where failures + 1 < failuresMax: phase = .closed(failures: failures + 1)
        case .probing where success: enter(.closed(failures: 0))
        case .closed, .probing: enter(.open(until: now + pause))
        case .open: preconditionFailure("nothing is admitted while the circuit is open")
        }
    }

    /// The call says nothing about the service: the next one may probe at once.
    package mutating func abandon(_ admission: Admission) {
        guard admission.period == period, case .probing(let since) = phase else { return }
        enter(.open(until: since))
    }

    private mutating func enter(_ next: Phase) {
        phase = next
        period += 1
    }
}
