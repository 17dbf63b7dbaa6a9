import CLibPQ
import Glibc

/// The names and types of a result's columns, shared by all results of one prepared statement.
final class PostgresColumns: Sendable {
    let names: [String]
    let types: [PostgresType]

    init(of result: OpaquePointer) {
        let columns = 0..<PQnfields(result)
        names = columns.map { String(cString: PQfname(result, $0)) }
        types = columns.map { PostgresType(rawValue: PQftype(result, $0)) }
    }

    func index(of column: String) -> Int? {
        names.firstIndex(of: column)
    }

    /// Whether a result still has these columns; a table may have changed since the statement was prepared.
    func describes(_ result: OpaquePointer) -> Bool {
        guard PQnfields(result) == names.count else { return false }
        return names.indices.allSatisfy { column in
            PQftype(result, Int32(column)) == types[column].rawValue
                && names[column].withCString { strcmp($0, PQfname(result, Int32(column))) == 0 }
        }
    }
}

/// Owns one `PGresult`; rows share it and read from it without copying.
///
/// `@unchecked Sendable`: a complete `PGresult` is never written again, and libpq's accessors only read it.
final class PostgresResult: @unchecked Sendable {
    private let raw: OpaquePointer
    let columns: PostgresColumns

    /// Takes ownership.
    init(_ raw: OpaquePointer, columns known: PostgresColumns?) {
        self.raw = raw
        columns = if let known, known.describes(raw) { known } else { PostgresColumns(of: raw) }
    }

    deinit { PQclear(raw) }

    var rows: [PostgresRow] {
        (0..<PQntuples(raw)).map { PostgresRow(result: self, row: $0) }
    }

    /// Rows that INSERT, UPDATE, DELETE, MERGE, SELECT or COPY went over; 0 for other statements.
    var rowsAffected: Int {
        Int(String(cString: PQcmdTuples(raw))) ?? 0
    }

    /// What the statement was, e.g. `COMMIT`.
    var commandTag: String {
        String(cString: PQcmdStatus(raw))
    }

    /// - Returns: nil when the value does not decode.
    /// - Precondition: row and column exist.
    func decode<Value: PostgresDecodable>(row: Int32, column: Int, as: Value.Type) -> Value? {
        if PQgetisnull(raw, row, Int32(column)) != 0 { return Value.postgresNull }
        let start = UnsafeRawPointer(PQgetvalue(raw, row, Int32(column)))
        let count = Int(PQgetlength(raw, row, Int32(column)))
        let bytes = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count))
        return Value(postgres: bytes, type: columns.types[column])
    }

    func isNull(row: Int32, column: Int) -> Bool {
        PQgetisnull(raw, row, Int32(column)) != 0
    }
}
