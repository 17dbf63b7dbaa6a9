/// How a transaction is isolated, and whether it may write.
public enum TransactionMode: Sendable, CaseIterable {
    case readCommitted, repeatableRead, serializable
    /// One snapshot for all statements, and no writes.
    case readOnly

    var begin: SQL {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        case .readOnly: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        }
    }
}

extension PostgresConnection {
    /// Runs `body` between BEGIN and COMMIT; what it throws rolls back and is thrown on. Running it again after a
    /// serialization failure or a deadlock is the caller's.
    ///
    /// - Parameter opening: statements that are sent together with BEGIN.
    ///
    /// COMMIT and ROLLBACK are shielded from cancellation, so that a cancelled task knows what it did.
    /// - Throws: `.commitUnknown` when the connection breaks during COMMIT; `.transactionAborted` when `body` ignored a
    ///   statement's error and the server therefore rolled back.
    public func transaction<T: Sendable>(
        _ mode: TransactionMode = .readCommitted, opening: [SQL] = [],
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try enterTransaction()
        defer { leaveTransaction() }
        do {
            _ = try await perform { session, bounds throws(PostgresError) in
                try session.runTogether([mode.begin] + opening, bounds)
            }
        } catch {
            // BEGIN may have happened before what failed.
            await rollBack()
            throw error
        }
        let value: T
        do {
            value = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        try await commit()
        return value
    }

    private func commit() async throws(PostgresError) {
        let outcome: String
        do {
            outcome = try await perform(isShielded: true) { session, bounds throws(PostgresError) in
                try session.simple("COMMIT", bounds).commandTag
            }
        } catch  where error.code == .connectionFailed || error.code == .timedOut {
            throw PostgresError(
                .commitUnknown,
                "the connection broke during COMMIT; look whether the transaction happened before repeating it",
                sqlState: error.sqlState, cause: error)
        }
        guard outcome == "COMMIT" else {
            throw PostgresError(
                .transactionAborted,
                "the server rolled back, since an earlier statement had failed; let its error through")
        }
    }

    /// Rolls back. When that fails the session is discarded, and the server rolls back by itself.
    private func rollBack() async {
        guard !isBroken else { return }
        do {
            _ = try await perform(.seconds(5), isShielded: true) { session, bounds throws(PostgresError) in
                try session.simple("ROLLBACK", bounds)
            }
        } catch {
            session.markBroken()
            discard()
        }
    }
}
