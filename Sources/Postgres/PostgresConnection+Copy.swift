extension PostgresConnection {
    /// Puts rows into a table: `COPY t (a, b) FROM STDIN (FORMAT binary)`. All rows go in, or none.
    /// - Parameter timeout: between two chunks of 64 KiB, not for the whole.
    /// - Returns: the number of rows.
    @discardableResult
    public func copyIn(
        _ sql: SQL, rows: some Sequence<PostgresCopyRow> & Sendable, timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        let outcome = try await perform(timeout) { session, bounds throws(PostgresError) in
            var rows = rows.makeIterator()
            return try session.copyIn(sql, bounds) { rows.next() }
        }
        // Nothing but the session can have failed.
        do { return try outcome.get() } catch let error as PostgresError { throw error } catch { preconditionFailure() }
    }

    /// Streams rows into a table as they are made, with no more than some 64 KiB of them in memory. All rows go in, or
    /// none.
    /// - Parameters:
    ///   - state: what `next` makes the rows from, e.g. a position in a file.
    ///   - next: runs on the connection's thread; nil ends. What it throws is thrown on, and no row goes in.
    @discardableResult
    public func copyIn<State: Sendable>(
        _ sql: SQL, unfolding state: State, timeout: Duration? = nil,
        _ next: @Sendable (inout State) throws -> PostgresCopyRow?
    ) async throws -> Int {
        let outcome = try await perform(timeout) { session, bounds throws(PostgresError) in
            var state = state
            return try session.copyIn(sql, bounds) { try next(&state) }
        }
        return try outcome.get()
    }

    /// Streams rows out of a table or query, folding them into a value:
    /// `COPY (SELECT id, embedding FROM chunks) TO STDOUT (FORMAT binary)`. Memory is one row and the value.
    ///
    /// COPY takes no parameters. In a transaction they can stand in settings: `SELECT set_config('nexify.x', \(x), true)`
    /// first, and `current_setting('nexify.x')` in the COPY's query.
    /// - Parameters:
    ///   - timeout: between two rows, not for the whole.
    ///   - step: runs on the connection's thread. What it throws is thrown on, and the connection is discarded.
    public func copyOut<Value: Sendable>(
        _ sql: SQL, into initial: Value, timeout: Duration? = nil,
        _ step: @Sendable (inout Value, borrowing PostgresCopyFields) throws -> Void
    ) async throws -> Value {
        let outcome = try await perform(timeout) { session, bounds throws(PostgresError) in
            var value = initial
            var failure: (any Error)?
            _ = try session.copyOut(sql, bounds) { fields in
                do {
                    try step(&value, fields)
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
            return failure.map { Result<Value, any Error>.failure($0) } ?? .success(value)
        }
        return try outcome.get()
    }
}
