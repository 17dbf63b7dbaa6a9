import Synchronization

/// Stops asking a service that keeps failing, so that jobs do not each wait for its deadline: after `failuresMax`
/// failures in a row nothing is asked for `pause`; then one call tries, and its outcome opens or closes the circuit.
final class CircuitBreaker: Sendable {
    private let state: Mutex<CircuitState>
    private let now: @Sendable () -> ContinuousClock.Instant

    init(
        failuresMax: Int = 5, pause: Duration = .seconds(30),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock().now }
    ) {
        state = Mutex(CircuitState(failuresMax: failuresMax, pause: pause))
        self.now = now
    }

    /// Whether a call may be made now. Every admitted call must be followed by `record` or `abandon`.
    func admit() -> Bool { state.withLock { $0.admit(at: now()) } }

    func record(success: Bool) { state.withLock { $0.record(success: success, at: now()) } }

    /// The call was given up for reasons of ours and says nothing about the service.
    func abandon() { state.withLock { $0.abandon() } }
}

/// The breaker's states, without clock or lock.
struct CircuitState: Sendable, Equatable {
    private enum Phase: Equatable {
        case closed(failures: Int)
        case open(until: ContinuousClock.Instant)
        /// One call is under way that decides.
        case probing
        /// Open, the pause is over, nobody has tried yet.
        case ripe
    }

    let failuresMax: Int
    let pause: Duration
    private var phase = Phase.closed(failures: 0)

    init(failuresMax: Int, pause: Duration) {
        precondition(failuresMax > 0)
        self.failuresMax = failuresMax
        self.pause = pause
    }

    mutating func admit(at now: ContinuousClock.Instant) -> Bool {
        switch phase {
        case .closed: return true
        case .probing: return false
        case .open(let until) where now < until: return false
        case .open, .ripe:
            phase = .probing
            return true
        }
    }

    mutating func record(success: Bool, at now: ContinuousClock.Instant) {
        switch phase {
        case _ where success: phase = .closed(failures: 0)
        case .closed(let failures) where failures + 1 < failuresMax: phase = .closed(failures: failures + 1)
        case .closed, .probing: phase = .open(until: now + pause)
        // A call admitted before the circuit opened ends late: nothing new.
        case .open, .ripe: break
        }
    }

    mutating func abandon() {
        if phase == .probing { phase = .ripe }
    }
}
