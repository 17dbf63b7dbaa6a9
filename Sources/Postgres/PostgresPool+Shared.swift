import Synchronization

extension PostgresPool {
    typealias Lanes = SharedLanes<SharedTransaction>

    /// Several statements in one round trip and one transaction of their own, like `queries`, on a connection that other
    /// callers' transactions go down at the same time: many together cost each of them less than a connection's whole
    /// attention does. A statement's error is no other caller's, and no setting of one transaction is another's; only the
    /// loss of the connection, or its being given up because it takes too long, is everybody's on it.
    ///
    /// For what takes the server well under a millisecond and waits for nobody: what is behind it waits for it. No more
    /// may wait than for a connection, and no longer.
    ///
    /// - Throws: `.poolExhausted`, `.connectionFailed`, `.timedOut`, `.cancelled`, `.closed`, or the first statement's error.
    public func sharedQueries(_ statements: [SQL]) async throws(PostgresError) -> [[PostgresRow]] {
        let transaction = SharedTransaction(statements)
        switch lanes.withLock({ $0.add(transaction, now: .now) }) {
        case .begin(let lane): begin(lane)
        case .watch: Task { await watchLanes() }
        case .refuse: throw error(for: .tooManyWaiters)
        case nil: break
        }
        return try await transaction.answer.outcome(ifCancelled: .cancelled).get().map(\.rows)
    }

    /// Fails those that have waited that long for their turn.
    func abandonWaiting(olderThan time: Duration) {
        for transaction in lanes.withLock({ $0.expire(after: time, now: .now) }) {
            transaction.answer.settle(.failure(error(for: .unreachable)))
        }
    }

    /// Borrows a connection for as long as there is something to do.
    private func begin(_ lane: Lanes.Lane) {
        if let lease = acquireIdle() {
            lease.connection.onThread { [self] session in work(session, lease, lane) }
        } else {
            // A task of its own: the caller's answer may come from another lane first.
            Task { await waitAndBegin(lane) }
        }
    }

    private func waitAndBegin(_ lane: Lanes.Lane) async {
        do throws(PostgresError) {
            let lease = try await acquire()
            lease.connection.onThread { [self] session in work(session, lease, lane) }
        } catch {
            let (failed, next) = lanes.withLock { $0.end(lane, now: .now) }
            for transaction in failed { transaction.answer.settle(.failure(error)) }
            if let next { begin(next) }
        }
    }

    /// Runs on the connection's thread.
    private func work(_ session: LibPQSession, _ lease: Lease, _ lane: Lanes.Lane) {
        // Each may wait for a lock for as long as it may; then it was not the turn that took too long.
        let timeout = configuration.lockTimeout.map { $0 + .seconds(1) } ?? configuration.statementTimeout
        for _ in 0..<Lanes.Limits.turns where session.isReusable {
            guard let turn = lanes.withLock({ $0.turn(now: .now) }) else {
                release(lease)
                return
            }
            session.run(turn.transactions.filter(\.answer.isWanted), within: timeout, since: turn.since)
        }
        if !session.isReusable { lease.connection.discard() }
        release(lease)
        begin(lane)
    }

    /// Looks after those that wait until nobody does.
    private func watchLanes() async {
        while true {
            try? await ContinuousClock().sleep(for: Lanes.Limits.patience)
            let (expired, lane, again) = lanes.withLock { $0.look(now: .now) }
            for transaction in expired { transaction.answer.settle(.failure(error(for: .timedOut))) }
            if let lane { begin(lane) }
            if !again { return }
        }
    }
}
