extension PostgresConnection {
    /// Streams rows into a table: `COPY t (a, b) FROM STDIN (FORMAT binary)`. The sequence may be lazy; at no time are
    /// more than some 64 KiB of it in memory. All rows go in, or none.
    /// - Parameter timeout: between two chunks, not for the whole.
    /// - Returns: the number of rows.
    @discardableResult
    public func copyIn(
        _ sql: SQL, rows: sending some Sequence<PostgresCopyRow>, timeout: Duration? = nil
    ) async throws(PostgresError) -> Int {
        try await perform(timeout) { session, bounds throws(PostgresError) in try session.copyIn(sql, rows, bounds) }
    }

    /// Streams rows out of a table or query, folding them into a value:
    /// `COPY (SELECT id, embedding FROM chunks) TO STDOUT (FORMAT binary)`. Memory is one row and the value.
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
