/// Which short transactions wait, and how many connections (lanes) are at work on them. Pure; the pool carries it out.
///
/// What comes while one connection is at its turn goes out together with that connection's next turn: the more go together,
/// the less each costs. Another connection begins when a whole turn waits, or when something holds the others up.
package struct SharedLanes<Transaction: Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Limits {
        /// Connections that work on them at a time.
        package static var lanes: Int { 4 }
        /// Transactions of one turn.
        package static var together: Int { 16 }
        /// For how long turns may last before what waits is not left to them.
        package static var patience: Duration { .milliseconds(5) }
        /// Turns before a lane gives its connection back, which others may wait for, or which may be too old.
        package static var turns: Int { 64 }
    }

    /// What the caller is to do.
    package struct Orders: Equatable, Sendable {
        package var beginsLane = false
        /// To look (`look`) after `Limits.patience`.
        package var watches = false

        package init(beginsLane: Bool = false, watches: Bool = false) {
            self.beginsLane = beginsLane
            self.watches = watches
        }
    }

    private var waiting: [Transaction] = []
    package private(set) var laneCount = 0
    private var turnBegan = Instant.now
    private var isWatched = false

    package init() {}

    package mutating func add(_ transaction: Transaction) -> Orders {
        waiting.append(transaction)
        let begins = laneCount == 0 || laneCount < Limits.lanes && waiting.count > Limits.together
        if begins { laneCount += 1 }
        let watches = !begins && !isWatched
        if watches { isWatched = true }
        return Orders(beginsLane: begins, watches: watches)
    }

    /// What a lane does next; nothing ends it.
    package mutating func turn(now: Instant) -> [Transaction] {
        let turn = Array(waiting.prefix(Limits.together))
        waiting.removeFirst(turn.count)
        turnBegan = now
        if turn.isEmpty { laneCount -= 1 }
        return turn
    }

    /// Whether what waits has been left to the others for too long.
    package mutating func look(now: Instant) -> Orders {
        guard !waiting.isEmpty else {
            isWatched = false
            return Orders()
        }
        let begins = laneCount < Limits.lanes && now - turnBegan >= Limits.patience
        if begins { laneCount += 1 }
        return Orders(beginsLane: begins, watches: true)
    }

    /// A lane had no connection.
    /// - Returns: who waits, if no other lane is there for them.
    package mutating func end() -> [Transaction] {
        laneCount -= 1
        guard laneCount == 0 else { return [] }
        defer { waiting = [] }
        return waiting
    }
}
