import Synchronization

/// The state in use of one index, replaceable under load.
///
/// Readers take `current` and keep what they took for as long as they need it; an old generation's mapping goes with its
/// last reader. Nobody waits but for the moment in which a reference is copied.
public final class LiveIndex: Sendable {
    private let state: Mutex<LiveSnapshot>
    /// One writer at a time: preparing the next state is not done under the readers' lock.
    private let writer = Mutex(())

    public init(_ snapshot: Snapshot) throws(VectorIndexError) { state = Mutex(try LiveSnapshot(snapshot)) }

    public var current: LiveSnapshot { state.withLock { $0 } }

    /// Adds changes; see `LiveSnapshot.applying`. - Returns: the new state.
    @discardableResult
    public func apply(_ changes: [IndexChange], version: UInt64) throws(VectorIndexError) -> LiveSnapshot {
        try replace { state throws(VectorIndexError) in try state.applying(changes, version: version) }
    }

    /// Puts the next generation in place, with what has changed since it was read on top. - Returns: the new state.
    @discardableResult
    public func install(_ next: Snapshot) throws(VectorIndexError) -> LiveSnapshot {
        try replace { state throws(VectorIndexError) in try state.rebased(on: next) }
    }

    /// Puts any snapshot in place, without changes: an earlier generation, say. - Returns: the new state.
    @discardableResult
    public func replace(_ snapshot: Snapshot) throws(VectorIndexError) -> LiveSnapshot {
        try replace { _ throws(VectorIndexError) in try LiveSnapshot(snapshot) }
    }

    private func replace(
        _ change: (LiveSnapshot) throws(VectorIndexError) -> LiveSnapshot
    ) throws(VectorIndexError) -> LiveSnapshot {
        try writer.withLock { _ throws(VectorIndexError) in
            let next = try change(current)
            // The old state goes after the lock, and with it perhaps a mapping.
            _ = state.withLock { state in
                let previous = state
                state = next
                return previous
            }
            return next
        }
    }
}
