import Synchronization

/// The generation in use, replaceable under load.
///
/// Readers take ``current`` and keep what they took for as long as they need it; the old generation's mapping goes with
/// its last reader. Nobody waits but for the moment in which a reference is copied.
public final class SnapshotHolder: Sendable {
    private let snapshot: Mutex<Snapshot?>

    /// Holds what is given; nil while there is no index yet.
    public init(_ snapshot: Snapshot? = nil) { self.snapshot = Mutex(snapshot) }

    /// The generation to search now. Who takes it anew for each request sees each change.
    public var current: Snapshot? { snapshot.withLock { $0 } }

    /// Puts another generation (or none) in its place.
    ///
    /// - Returns: the one that was there.
    @discardableResult
    public func swap(_ next: Snapshot?) -> Snapshot? {
        snapshot.withLock { current in
            let previous = current
            current = next
            return previous
        }
    }
}
