/// One row of a result. Values are decoded when asked for; the row keeps its whole result alive.
public struct PostgresRow: Sendable {
    let result: PostgresResult
    let row: Int32

    public var columnCount: Int { result.columns.names.count }
    public var columnNames: [String] { result.columns.names }

    /// - Throws: `.decoding` when there is no such column, or its value is not a `T`; NULL is only an optional's.
    /// - Complexity: O(columns) for the name; use the position in hot loops.
    public func decode<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard let index = result.columns.index(of: column) else {
            throw PostgresError(
                .decoding, "there is no column \(column); the statement returns \(columnNames.joined(separator: ", "))")
        }
        return try decode(index, as: type)
    }

    public func decode<T: PostgresDecodable>(_ index: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard index >= 0, index < columnCount else {
            throw PostgresError(.decoding, "there is no column \(index); the statement returns \(columnCount)")
        }
        if let value = result.decode(row: row, column: index, as: type) { return value }
        let name = columnNames[index]
        guard !result.isNull(row: row, column: index) else {
            throw PostgresError(
                .decoding, "column \(name) is NULL; decode it as \(type)? or exclude NULL in the statement")
        }
        throw PostgresError(
            .decoding,
            "column \(name) of \(result.columns.types[index]) does not fit a \(type); decode another type or cast it"
        )
    }
}
