import Logging
import Synchronization

/// A bounded set of connections, lent to one caller at a time. Broken ones are noticed, dropped and replaced; while the
/// server is away callers fail fast with `.connectionFailed`, and it recovers by itself.
public final class PostgresPool: Sendable {
    fileprivate typealias ConnectionID = PoolStateMachine.ConnectionID
    fileprivate typealias RequestID = PoolStateMachine.RequestID

    /// What became of a request to borrow.
    private enum Slot {
        case pending
        case waiting(CheckedContinuation<Result<Lease, PostgresError>, Never>)
        case settled(Result<Lease, PostgresError>)
    }

    struct Lease: Sendable {
        fileprivate var id: ConnectionID
        var connection: PostgresConnection
    }

    private struct State {
        var machine: PoolStateMachine
        var connections: [ConnectionID: PostgresConnection] = [:]
        var slots: [RequestID: Slot] = [:]
        var requested: UInt64 = 0
        var timer: (at: PoolStateMachine.Instant, task: Task<Void, Never>)?
        var connectFailure: PostgresError?
        var drained: [CheckedContinuation<Void, Never>] = []
        var isDrained = false
        var leasedTotal = 0
        var failedTotal = 0
    }

    /// What is to be done once the lock is released.
    private enum Effect {
        case resume(CheckedContinuation<Result<Lease, PostgresError>, Never>, Result<Lease, PostgresError>)
        case connect(ConnectionID)
        case close(PostgresConnection)
        case wakeDrained(CheckedContinuation<Void, Never>)
    }

    public let configuration: PostgresConfiguration
    private let logger: Logger
    private let state: Mutex<State>
    let lanes: Mutex<Lanes>

    /// Opens nothing yet: connections are made when they are asked for.
    public init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        let limits = PoolStateMachine.Limits(
            sizeMax: configuration.poolSizeMax, waitersMax: configuration.waitersMax,
            acquireTimeout: configuration.acquireTimeout, idleMax: configuration.idleMax,
            lifetimeMax: configuration.lifetimeMax)
        state = Mutex(State(machine: PoolStateMachine(limits: limits)))
        lanes = Mutex(Lanes(waitersMax: configuration.waitersMax, waitMax: configuration.acquireTimeout))
    }

    deinit {
        state.withLock { $0.timer?.task.cancel() }
    }

    // MARK: Use

    /// Lends a connection for the length of `body`.
    /// - Throws: `.poolExhausted`, `.connectionFailed`, `.cancelled`, `.closed`, or what `body` throws.
    public func withConnection<T: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        let lease = try await acquire()
        defer { release(lease) }
        return try await body(lease.connection)
    }

    /// Runs `body` in a transaction on a connection of its own.
    /// - Parameter opening: statements that are sent together with BEGIN.
    public func withTransaction<T: Sendable>(
        _ mode: TransactionMode = .readCommitted, opening: [SQL] = [],
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.connection.transaction(mode, opening: opening, body)
    }

    public func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> [PostgresRow] {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.connection.query(sql, timeout: timeout)
    }

    /// Several statements in one round trip and one transaction; the rows of each.
    public func queries(_ statements: [SQL], timeout: Duration? = nil) async throws(PostgresError) -> [[PostgresRow]] {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.connection.queries(statements, timeout: timeout)
    }

    @discardableResult
    public func execute(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Int {
        let lease = try await acquire()
        defer { release(lease) }
        return try await lease.connection.execute(sql, timeout: timeout)
    }

    /// Gives up the statements that have been under way for that long, as on connections that are lost: for whoever has
    /// found out by other means that the server does not answer. A host that is gone does not say so.
    public func abandonStatements(olderThan time: Duration) {
        for connection in state.withLock({ Array($0.connections.values) }) { connection.abandon(after: time) }
        abandonWaiting(olderThan: time)
    }

    /// Lends no more, fails who waits, closes what is idle, and returns when the last lent connection is back.
    public func shutdown() async {
        run(state.withLock { apply($0.machine.shutDown(), &$0) })
        await withCheckedContinuation { continuation in
            let isDrained = state.withLock { state in
                if !state.isDrained { state.drained.append(continuation) }
                return state.isDrained
            }
            if isDrained { continuation.resume() }
        }
    }

    /// The pool's numbers at one moment, for metrics and `/readyz`.
    public var stats: PostgresPoolStats {
        state.withLock { state in
            PostgresPoolStats(
                sizeMax: configuration.poolSizeMax, idle: state.machine.idleCount, leased: state.machine.leasedCount,
                connecting: state.machine.connectingCount, waiting: state.machine.waiterCount,
                leasedTotal: state.leasedTotal, failedTotal: state.failedTotal,
                isReachable: state.connectFailure == nil)
        }
    }

    // MARK: Lending

    func acquire() async throws(PostgresError) -> Lease {
        let (request, settled, effects) = state.withLock { state in
            state.requested += 1
            let request = RequestID(number: state.requested)
            state.slots[request] = .pending
            let effects = apply(state.machine.acquire(request, now: .now), &state)
            return (request, takeSettled(request, &state), effects)
        }
        run(effects)
        if let settled { return try settled.get() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { state in
                    let settled = takeSettled(request, &state)
                    if settled == nil { state.slots[request] = .waiting(continuation) }
                    return settled
                }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            run(state.withLock { apply($0.machine.cancel(request), &$0) })
        }
        return try result.get()
    }

    /// A connection that lies idle, or nil: nobody waits.
    func acquireIdle() -> Lease? {
        let (settled, effects) = state.withLock { state -> (Result<Lease, PostgresError>?, [Effect]) in
            guard state.machine.idleCount > 0 else { return (nil, []) }
            state.requested += 1
            let request = RequestID(number: state.requested)
            state.slots[request] = .pending
            var effects = apply(state.machine.acquire(request, now: .now), &state)
            if let settled = takeSettled(request, &state) { return (settled, effects) }
            // Those that were idle were too old.
            effects += apply(state.machine.cancel(request), &state)
            _ = takeSettled(request, &state)
            return (nil, effects)
        }
        run(effects)
        return try? settled?.get()
    }

    /// The error of a failure at this moment.
    func error(for failure: PoolStateMachine.Failure) -> PostgresError { state.withLock { error(for: failure, $0) } }

    func release(_ lease: Lease) {
        let isReusable = lease.connection.isReusable
        run(state.withLock { apply($0.machine.release(lease.id, isReusable: isReusable, now: .now), &$0) })
    }

    private func takeSettled(_ request: RequestID, _ state: inout State) -> Result<Lease, PostgresError>? {
        guard case .settled(let result) = state.slots[request] else { return nil }
        state.slots[request] = nil
        return result
    }

    // MARK: Carrying out what the state machine decides

    private func apply(_ actions: [PoolStateMachine.Action], _ state: inout State) -> [Effect] {
        var effects: [Effect] = []
        for action in actions {
            switch action {
            case .connect(let id):
                effects.append(.connect(id))
            case .lease(let id, let request):
                state.leasedTotal += 1
                settle(request, .success(Lease(id: id, connection: state.connections[id]!)), &state, &effects)
            case .fail(let request, let failure):
                state.failedTotal += 1
                settle(request, .failure(error(for: failure, state)), &state, &effects)
            case .close(let id):
                if let connection = state.connections.removeValue(forKey: id) { effects.append(.close(connection)) }
            case .drained:
                state.isDrained = true
                effects += state.drained.map { .wakeDrained($0) }
                state.drained = []
            }
        }
        setTimer(&state)
        return effects
    }

    private func settle(
        _ request: RequestID, _ result: Result<Lease, PostgresError>, _ state: inout State, _ effects: inout [Effect]
    ) {
        if case .waiting(let continuation) = state.slots[request] {
            state.slots[request] = nil
            effects.append(.resume(continuation, result))
        } else {
            state.slots[request] = .settled(result)
        }
    }

    private func run(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .resume(let continuation, let result): continuation.resume(returning: result)
            case .connect(let id): Task { await connect(id) }
            case .close(let connection): Task { await connection.close() }
            case .wakeDrained(let continuation): continuation.resume()
            }
        }
    }

    private func connect(_ id: ConnectionID) async {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(
                configuration, onClose: { [weak self] in self?.noteBroken(id) })
            let (wasAway, effects) = state.withLock { state in
                let wasAway = state.connectFailure != nil
                state.connectFailure = nil
                state.connections[id] = connection
                return (wasAway, apply(state.machine.connected(id, now: .now), &state))
            }
            if wasAway { logger.info("postgres is reachable again") }
            run(effects)
            // It may have broken before the machine knew it.
            if connection.isBroken { noteBroken(id) }
        } catch {
            let (isFirst, effects) = state.withLock { state in
                let isFirst = state.connectFailure == nil
                state.connectFailure = error
                return (isFirst, apply(state.machine.connectFailed(id, now: .now), &state))
            }
            // The waiters get the error too, but there may be none, and an operator wants to see the first.
            if isFirst { logger.warning("postgres is unreachable", metadata: ["error": "\(error)"]) }
            run(effects)
        }
    }

    private func noteBroken(_ id: ConnectionID) {
        run(state.withLock { apply($0.machine.broke(id, now: .now), &$0) })
    }

    /// Keeps one sleeping task for the earliest deadline. A deadline that moved later costs one early, empty tick.
    private func setTimer(_ state: inout State) {
        guard let next = state.machine.nextDeadline else { return }
        if let timer = state.timer, timer.at <= next { return }
        state.timer?.task.cancel()
        let task = Task { [weak self] in
            do { try await ContinuousClock().sleep(until: next) } catch { return }
            guard let self else { return }
            run(
                self.state.withLock { state in
                    if state.timer?.at == next { state.timer = nil }
                    return apply(state.machine.tick(now: .now), &state)
                })
        }
        state.timer = (next, task)
    }

    private func error(for failure: PoolStateMachine.Failure, _ state: State) -> PostgresError {
        let limit_ms = configuration.acquireTimeout.milliseconds
        switch failure {
        case .timedOut:
            return PostgresError(
                .poolExhausted,
                "all \(configuration.poolSizeMax) connections were in use for \(limit_ms) ms; enlarge the pool"
            )
        case .tooManyWaiters:
            return PostgresError(
                .poolExhausted,
                "\(configuration.waitersMax) callers wait for a connection already; shed load or enlarge the pool")
        case .unreachable:
            return state.connectFailure
                ?? PostgresError(
                    .connectionFailed, "no connection within \(limit_ms) ms; check that the server runs and answers")
        case .cancelled:
            return PostgresError(.cancelled, "the calling task was cancelled while it waited for a connection")
        case .shutDown:
            return PostgresError(.closed, "the pool has been shut down")
        }
    }
}
