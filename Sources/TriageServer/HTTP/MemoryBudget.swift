import Synchronization

/// Bounds what all requests together hold of one kind of large thing: bodies, until they are answered, or answers, until
/// they are written. Each may hold a little without asking, so that whoever sends or reads slowly does not keep others from
/// small requests: connections are bounded by number.
package final class MemoryBudget: Sendable {
    package struct Limits: Sendable {
        package var bytesMax = 256 << 20
        /// What each share holds without being counted.
        package var bytesFree: Int

        package static let bodies = Limits(bytesFree: 64 << 10)
        /// A page of a hundred tickets of ordinary length is not counted.
        package static let answers = Limits(bytesFree: 128 << 10)
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

        /// What is more than the whole budget is held when nobody else holds anything, so that nothing is refused for ever.
        ///
        /// - Parameter bytes: all that it holds; less than before gives nothing back.
        package func hold(_ bytes: Int) throws(Exhausted) {
            try held.withLock { held throws(Exhausted) in
                let counted = budget.counted(bytes)
                guard counted > held else { return }
                try budget.take(counted - held, having: held)
                held = counted
            }
        }

        /// The same for what is there and must not be refused, whatever others hold.
        package func holdRegardless(_ bytes: Int) {
            held.withLock { held in
                let counted = budget.counted(bytes)
                guard counted > held else { return }
                budget.taken.withLock { $0 += counted - held }
                held = counted
            }
        }
    }

    private let limits: Limits
    private let taken = Mutex(0)

    package init(_ limits: Limits) {
        self.limits = limits
    }

    /// Bytes that are counted and not given back.
    package var bytesTaken: Int { taken.withLock { $0 } }

    package func share() -> Share { Share(self) }

    /// Whether so much is more than a share holds without being counted.
    package func counts(_ bytes: Int) -> Bool { bytes > limits.bytesFree }

    private func counted(_ bytes: Int) -> Int { counts(bytes) ? bytes - limits.bytesFree : 0 }

    private func take(_ bytes: Int, having held: Int) throws(Exhausted) {
        try taken.withLock { taken throws(Exhausted) in
            guard taken == held || bytes <= limits.bytesMax - taken else { throw Exhausted() }
            taken += bytes
        }
    }

    private func give(_ bytes: Int) { taken.withLock { $0 -= bytes } }
}
