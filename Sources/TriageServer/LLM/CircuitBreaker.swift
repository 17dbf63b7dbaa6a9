import Synchronization

/// Stops asking a service that keeps failing, so that jobs do not each wait for its deadline: after `failuresMax`
/// failures in a row nothing is asked for `pause`; then one call tries, and its outcome opens or closes the circuit.
package final class CircuitBreaker: Sendable {
    private let state: Mutex<CircuitState>
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(
        failuresMax: Int = 5, pause: Duration = .seconds(30),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock().now }
    ) {
        state = Mutex(CircuitState(failuresMax: failuresMax, pause: pause))
        self.now = now
    }

    /// The right to make one call, or nil. It must be handed back with `record` or `abandon`: while it is out after a
    /// pause, nobody else is admitted.
    package func admit() -> CircuitState.Admission? { state.withLock { $0.admit(at: now()) } }

    package func record(success: Bool, of admission: CircuitState.Admission) {
        state.withLock { $0.record(success: success, of: admission, at: now()) }
    }

    /// The call was given up for reasons of ours and says nothing about the service.
    package func abandon(_ admission: CircuitState.Admission) { state.withLock { $0.abandon(admission) } }
}
