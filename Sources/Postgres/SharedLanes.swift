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

    /// One connection's work, from before it has been borrowed.
    package struct Lane: Equatable, Sendable {
        /// The last transaction that had come when it began.
        fileprivate var begunAt: Int
    }

    package enum Order: Equatable, Sendable {
        case begin(Lane)
        /// To look (`look`) after `Limits.patience`, and again until it says no more.
        case watch
        /// Too many wait: this one is not taken.
        case refuse
    }

    private struct Waiter {
        var transaction: Transaction
        var number: Int
        var since: Instant
    }

    private let waitersMax: Int
    private let waitMax: Duration
    private var waiting: [Waiter] = []
    private var added = 0
    package private(set) var laneCount = 0
    private var turnBegan: Instant?
    private var isWatched = false

    /// - Parameters:
    ///   - waitersMax: how many may wait.
    ///   - waitMax: for how long one waits for its turn.
    package init(waitersMax: Int, waitMax: Duration) {
        self.waitersMax = waitersMax
        self.waitMax = waitMax
    }

    package mutating func add(_ transaction: Transaction, now: Instant) -> Order? {
        guard waiting.count < waitersMax else { return .refuse }
        added += 1
        waiting.append(Waiter(transaction: transaction, number: added, since: now))
        if laneCount == 0 || laneCount < Limits.lanes && waiting.count > Limits.together { return .begin(begin()) }
        if isWatched { return nil }
        isWatched = true
        return .watch
    }

    /// What a lane does next, and since when the first of it has waited; nil ends the lane.
    package mutating func turn(now: Instant) -> (transactions: [Transaction], since: Instant)? {
        guard let first = waiting.first else {
            laneCount -= 1
            return nil
        }
        let turn = waiting.prefix(Limits.together).map(\.transaction)
        waiting.removeFirst(turn.count)
        turnBegan = now
        return (turn, first.since)
    }

    /// Looks after those that wait.
    /// - Returns: who has waited for too long; whether another lane is to begin; whether to look again.
    package mutating func look(now: Instant) -> (expired: [Transaction], begins: Lane?, again: Bool) {
        let expired = expire(after: waitMax, now: now)
        guard !waiting.isEmpty else {
            isWatched = false
            return (expired, nil, false)
        }
        let isHeldUp = turnBegan.map { now - $0 >= Limits.patience } ?? true
        return (expired, laneCount < Limits.lanes && isHeldUp ? begin() : nil, true)
    }

    /// Takes out who has waited that long.
    package mutating func expire(after time: Duration, now: Instant) -> [Transaction] {
        let count = waiting.prefix { now - $0.since >= time }.count
        let expired = waiting.prefix(count).map(\.transaction)
        waiting.removeFirst(count)
        return expired
    }

    /// A lane was refused its connection.
    /// - Returns: those for whom that is the answer: who waited when it began, unless other lanes are there for them and their
    ///   time is not up; and the lane to begin for the others, if none is left.
    package mutating func end(_ lane: Lane, now: Instant) -> (failed: [Transaction], begins: Lane?) {
        laneCount -= 1
        if laneCount > 0 { return (expire(after: waitMax, now: now), nil) }
        let count = waiting.prefix { $0.number <= lane.begunAt }.count
        let failed = waiting.prefix(count).map(\.transaction)
        waiting.removeFirst(count)
        return (failed, waiting.isEmpty ? nil : begin())
    }

    private mutating func begin() -> Lane {
        laneCount += 1
        return Lane(begunAt: added)
    }
}
