import Synchronization

/// Bounds what all requests together hold of large bodies, until they are answered, and of large answers, until they are
/// written. Each may hold a little without asking, so that whoever sends or reads slowly does not keep others from small
/// requests: connections are bounded by number.
package final class MemoryBudget: Sendable {
    package struct Limits: Sendable {
        package var bytesMax = 256 << 20
        /// What each share holds without being counted.
        package var bytesFree = 64 << 10

        package init() {}
    }

    /// The budget is spent: others hold all of it for now.
    package struct Exhausted: Error, Equatable {
        package init() {}
    }

    /// What one request holds; given back with its last reference.
    package final class Share: Sendable {
        private let budget: MemoryBudget
        private let held = Mutex(0)

        fileprivate init(_ budget: MemoryBudget) { self.budget = budget }

        deinit { budget.give(held.withLock { $0 }) }

        /// - Parameter bytes: all that it holds; less than before gives nothing back.
        package func hold(_ bytes: Int) throws(Exhausted) {
            try held.withLock { held throws(Exhausted) in
                guard budget.counts(bytes), bytes - budget.limits.bytesFree > held else { return }
                let counted = bytes - budget.limits.bytesFree
                try budget.take(counted - held)
                held = counted
            }
        }
    }

    private let limits: Limits
    private let taken = Mutex(0)

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Bytes that are counted and not given back.
    package var bytesTaken: Int { taken.withLock { $0 } }

    package func share() -> Share { Share(self) }

    /// Whether so much is more than a share holds without being counted.
    package func counts(_ bytes: Int) -> Bool { bytes > limits.bytesFree }

    private func take(_ bytes: Int) throws(Exhausted) {
        try taken.withLock { taken throws(Exhausted) in
            guard bytes <= limits.bytesMax - taken else { throw Exhausted() }
            taken += bytes
        }
    }

    private func give(_ bytes: Int) { taken.withLock { $0 -= bytes } }
}
