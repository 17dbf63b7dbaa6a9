/// Who has which connection of a pool, who waits for one, and when to open or close some. Pure: events come in with the
/// time they happened at, actions go out; the pool carries them out. Waiters are served first come, first served; of
/// the idle connections the last used one is lent first, so that the others may grow idle and be closed.
package struct PoolStateMachine {
    package typealias Instant = ContinuousClock.Instant

    package struct ConnectionID: Hashable, Sendable {
        package var number: UInt64
        package init(number: UInt64) { self.number = number }
    }

    package struct RequestID: Hashable, Sendable {
        package var number: UInt64
        package init(number: UInt64) { self.number = number }
    }

    package struct Limits: Sendable {
        package var sizeMax: Int
        package var waitersMax: Int
        package var acquireTimeout: Duration
        package var idleMax: Duration
        package var lifetimeMax: Duration
        /// How long no connection is opened after the first failure to open one; it doubles with each further failure.
        package var backoffMin: Duration = .milliseconds(50)
        package var backoffMax: Duration = .seconds(1)

        package init(
            sizeMax: Int, waitersMax: Int, acquireTimeout: Duration, idleMax: Duration, lifetimeMax: Duration
        ) {
            self.sizeMax = sizeMax
            self.waitersMax = waitersMax
            self.acquireTimeout = acquireTimeout
            self.idleMax = idleMax
            self.lifetimeMax = lifetimeMax
        }
    }

    package enum Failure: Equatable, Sendable {
        /// Connections exist, but none came free in time.
        case timedOut
        case tooManyWaiters
        /// There is no connection and none could be opened.
        case unreachable
        case cancelled
        case shutDown
    }

    package enum Action: Equatable, Sendable {
        case connect(ConnectionID)
        case lease(ConnectionID, to: RequestID)
        case fail(RequestID, Failure)
        case close(ConnectionID)
        /// Shut down, and the last connection is gone.
        case drained
    }

    private enum Phase: Equatable {
        case connecting
        case idle(since: Instant)
        /// `isDoomed`: it broke while lent, so it is closed when it comes back.
        case leased(isDoomed: Bool)
    }

    private struct Connection {
        var phase: Phase
        var openedAt: Instant
    }

    package let limits: Limits
    private var connections: [ConnectionID: Connection] = [:]
    /// Longest idle first.
    private var idle: [ConnectionID] = []
    private var waiters = WaitingLine()
    private var named: UInt64 = 0
    private var failuresInRow = 0
    private var backoffUntil: Instant?
    package private(set) var isShutDown = false

    package init(limits: Limits) { self.limits = limits }

    // MARK: Events

    package mutating func acquire(_ request: RequestID, now: Instant) -> [Action] {
        guard !isShutDown else { return [.fail(request, .shutDown)] }
        var actions: [Action] = []
        while let id = idle.popLast() {
            if isTooOld(id, now) {
                actions.append(close(id))
            } else {
                connections[id]?.phase = .leased(isDoomed: false)
                actions.append(.lease(id, to: request))
                return actions
            }
        }
        guard waiters.count < limits.waitersMax else { return actions + [.fail(request, .tooManyWaiters)] }
        waiters.append(request, deadline: now + limits.acquireTimeout)
        return actions + connectForWaiters(now)
    }

    /// The caller no longer wants a connection. No action when it has one already: it is then to release it.
    package mutating func cancel(_ request: RequestID) -> [Action] {
        waiters.remove(request) ? [.fail(request, .cancelled)] : []
    }

    package mutating func connected(_ id: ConnectionID, now: Instant) -> [Action] {
        precondition(connections[id]?.phase == .connecting, "only what was to be connected can be")
        failuresInRow = 0
        backoffUntil = nil
        connections[id]?.openedAt = now
        return isShutDown ? [close(id)] + drainedIfEmpty() : hand(id, now) + connectForWaiters(now)
    }

    package mutating func connectFailed(_ id: ConnectionID, now: Instant) -> [Action] {
        precondition(connections[id]?.phase == .connecting, "only what was to be connected can fail to")
        connections[id] = nil
        if isShutDown { return drainedIfEmpty() }
        let doublings = min(failuresInRow, 16)
        failuresInRow += 1
        backoffUntil = now + min(limits.backoffMax, limits.backoffMin * (1 << doublings))
        // As long as somebody has a connection it may come back, and the waiters' own time runs; otherwise they would
        // wait for nothing.
        return liveCount > 0 ? [] : waiters.removeAll().map { .fail($0, .unreachable) }
    }

    /// - Parameter isReusable: false when it is broken or was left inside a transaction.
    package mutating func release(_ id: ConnectionID, isReusable: Bool, now: Instant) -> [Action] {
        guard case .leased(let isDoomed) = connections[id]?.phase else {
            preconditionFailure("only what was lent can be released")
        }
        if isReusable, !isDoomed, !isShutDown, !isTooOld(id, now) { return hand(id, now) }
        return [close(id)] + connectForWaiters(now) + drainedIfEmpty()
    }

    /// A connection was found broken by its own thread.
    package mutating func broke(_ id: ConnectionID, now: Instant) -> [Action] {
        switch connections[id]?.phase {
        case .idle:
            idle.removeAll { $0 == id }
            return [close(id)] + drainedIfEmpty()
        case .leased:
            connections[id]?.phase = .leased(isDoomed: true)
            return []
        case .connecting, nil:
            return []
        }
    }

    /// Time has passed: to be called at `nextDeadline`.
    package mutating func tick(now: Instant) -> [Action] {
        let failure: Failure = liveCount > 0 ? .timedOut : .unreachable
        var actions: [Action] = waiters.removeExpired(now: now).map { .fail($0, failure) }
        while let id = idle.first, let since = idleSince(id), since + limits.idleMax <= now {
            idle.removeFirst()
            actions.append(close(id))
        }
        if let until = backoffUntil, until <= now { backoffUntil = nil }
        return actions + connectForWaiters(now)
    }

    package mutating func shutDown() -> [Action] {
        guard !isShutDown else { return drainedIfEmpty() }
        isShutDown = true
        var actions: [Action] = waiters.removeAll().map { .fail($0, .shutDown) }
        actions += idle.map { close($0) }
        idle = []
        return actions + drainedIfEmpty()
    }

    // MARK: Queries

    /// When `tick` has something to do next; nil when only events matter.
    package var nextDeadline: Instant? {
        let idleEnd = idle.first.flatMap { idleSince($0) }.map { $0 + limits.idleMax }
        let retry = waiters.count > 0 ? backoffUntil : nil
        return [waiters.firstDeadline, idleEnd, retry].compactMap { $0 }.min()
    }

    package var idleCount: Int { idle.count }
    package var waiterCount: Int { waiters.count }
    package var connectionCount: Int { connections.count }
    package var connectingCount: Int { connections.values.count { $0.phase == .connecting } }
    package var leasedCount: Int { connections.count - idle.count - connectingCount }
    private var liveCount: Int { connections.count - connectingCount }

    // MARK: Parts

    private func isTooOld(_ id: ConnectionID, _ now: Instant) -> Bool {
        connections[id].map { now - $0.openedAt >= limits.lifetimeMax } ?? true
    }

    private func idleSince(_ id: ConnectionID) -> Instant? {
        if case .idle(let since) = connections[id]?.phase { since } else { nil }
    }

    private mutating func close(_ id: ConnectionID) -> Action {
        connections[id] = nil
        return .close(id)
    }

    /// Gives a free connection to who waits longest, or lays it by.
    private mutating func hand(_ id: ConnectionID, _ now: Instant) -> [Action] {
        if let request = waiters.popFirst() {
            connections[id]?.phase = .leased(isDoomed: false)
            return [.lease(id, to: request)]
        }
        connections[id]?.phase = .idle(since: now)
        idle.append(id)
        return []
    }

    /// Opens as many connections as there are waiters without one on its way, within the limits.
    private mutating func connectForWaiters(_ now: Instant) -> [Action] {
        guard waiters.count > 0, !isShutDown, backoffUntil.map({ $0 <= now }) ?? true else { return [] }
        // After a failure a single attempt finds out whether the server is back.
        let wanted = failuresInRow > 0 ? 1 : waiters.count
        let count = min(wanted - connectingCount, limits.sizeMax - connections.count)
        guard count > 0 else { return [] }
        return (0..<count).map { _ in
            named += 1
            let id = ConnectionID(number: named)
            connections[id] = Connection(phase: .connecting, openedAt: now)
            return .connect(id)
        }
    }

    private func drainedIfEmpty() -> [Action] {
        isShutDown && connections.isEmpty ? [.drained] : []
    }
}
