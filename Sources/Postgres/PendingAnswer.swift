import Synchronization

/// An answer that one caller waits for and somebody else gives, once. Who is cancelled stops waiting at once; what was
/// asked may be done all the same.
package final class PendingAnswer<Value: Sendable, Failure: Error>: Sendable {
    package typealias Outcome = Result<Value, Failure>

    private enum State {
        case pending
        case waiting(CheckedContinuation<Outcome, Never>)
        case settled(Outcome)
        case over
    }

    private let state = Mutex(State.pending)

    package init() {}

    /// Whether somebody still wants it.
    package var isWanted: Bool {
        state.withLock { state in
            switch state {
            case .pending, .waiting: true
            case .settled, .over: false
            }
        }
    }

    /// Gives the answer. Only the first one counts.
    package func settle(_ outcome: Outcome) {
        let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            switch state {
            case .pending:
                state = .settled(outcome)
                return nil
            case .waiting(let continuation):
                state = .over
                return continuation
            case .settled, .over:
                return nil
            }
        }
        waiter?.resume(returning: outcome)
    }

    /// Waits for the answer. To be called once.
    package func outcome(ifCancelled failure: Failure) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { state -> Outcome? in
                    switch state {
                    case .pending:
                        state = .waiting(continuation)
                        return nil
                    case .settled(let outcome):
                        state = .over
                        return outcome
                    case .waiting, .over:
                        preconditionFailure("one caller waits for an answer, once")
                    }
                }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            settle(.failure(failure))
        }
    }
}
