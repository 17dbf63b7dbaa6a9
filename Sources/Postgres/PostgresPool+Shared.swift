import Synchronization

extension PostgresPool {
    /// Several statements in one round trip and one transaction of their own, like `queries`, on a connection that other
    /// callers' transactions go down at the same time: many together cost each of them less than a connection's whole
    /// attention does. An error of one is no other's, and no setting of one is another's.
    ///
    /// For what takes the server well under a millisecond and waits for nobody: what is behind it waits for it.
    ///
    /// - Throws: `.poolExhausted`, `.connectionFailed`, `.cancelled`, `.closed`, or the first statement's error.
    public func sharedQueries(_ statements: [SQL]) async throws(PostgresError) -> [[PostgresRow]] {
        let transaction = SharedTransaction(statements)
        let orders = lanes.withLock { $0.add(transaction) }
        if orders.watches { Task { await watchLanes() } }
        if orders.beginsLane { await beginLane() }
        return try await transaction.answer.outcome(ifCancelled: .cancelled).get().map(\.rows)
    }

    /// Borrows a connection for as long as there is something to do.
    private func beginLane() async {
        do throws(PostgresError) {
            let lease = try await acquire()
            lease.connection.onThread { [self] session in work(session, lease) }
        } catch  where error.code == .cancelled {
            // This caller has gone; whoever else waits has not.
            Task { await beginLane() }
        } catch {
            for transaction in lanes.withLock({ $0.end() }) { transaction.answer.settle(.failure(error)) }
        }
    }

    /// Runs on the connection's thread.
    private func work(_ session: LibPQSession, _ lease: Lease) {
        for _ in 0..<SharedLanes<SharedTransaction>.Limits.turns where !session.isBroken {
            let turn = lanes.withLock { $0.turn(now: .now) }
            if turn.isEmpty {
                release(lease)
                return
            }
            session.run(turn.filter(\.answer.isWanted), within: configuration.statementTimeout)
        }
        if session.isBroken { lease.connection.discard() }
        release(lease)
        Task { await beginLane() }
    }

    /// Looks until nothing waits whether another connection must help out.
    private func watchLanes() async {
        while true {
            try? await ContinuousClock().sleep(for: SharedLanes<SharedTransaction>.Limits.patience)
            let orders = lanes.withLock { $0.look(now: .now) }
            if orders.beginsLane { await beginLane() }
            if !orders.watches { return }
        }
    }
}
