import VectorIndex

/// The true neighbours of queries in an `.npy` file: one row of ids a query, nearest first.
struct TruthFile {
    private let table: NpyTable

    /// - Parameters:
    ///   - queries: rows that it must have.
    ///   - k: columns that it must have at least.
    init(path: String, queries: Int, k: Int) throws(VectorIndexError) {
        let file = try MappedFile(path: path)
        table = try NpyTable(
            file, wanted: "Write ids as a table: numpy.save(path, ids.astype('int64')) with ids of shape (queries, k).",
            accepts: \.isNumber)
        guard table.rows == queries, table.columns >= k else {
            throw VectorIndexError(
                .invalidParameter,
                "its shape is (\(table.rows), \(table.columns)); \(queries) queries at k = \(k) need (\(queries), \(k) or more)",
                remedy:
                    "Give the truth of these queries, ask for a smaller k, or leave --truth out to have it computed.",
                file: path)
        }
    }

    /// The first k ids of each row, all of which the index must have.
    func neighbors(k: Int, in index: Snapshot) throws(VectorIndexError) -> [Set<UInt64>] {
        let known = Set(try index.ids)
        var truth: [Set<UInt64>] = []
        truth.reserveCapacity(table.rows)
        for row in 0..<table.rows {
            var ids: Set<UInt64> = []
            for column in 0..<k {
                let value = number(row, column)
                guard let id = UInt64(exactly: value), known.contains(id) else {
                    throw refused("row \(row) names id \(value), which the index does not have", row, column)
                }
                guard ids.insert(id).inserted else { throw refused("row \(row) names id \(value) twice", row, column) }
            }
            truth.append(ids)
        }
        try table.file.checkWhole()
        return truth
    }

    private func refused(_ what: String, _ row: Int, _ column: Int) -> VectorIndexError {
        VectorIndexError(
            .invalidParameter, what,
            remedy: "Give the truth of the vectors that the index was built from (an id is a row's number, from 0).",
            file: table.file.path, offset: UInt64(table.offset(row: row, column: column)))
    }

    private func number(_ row: Int, _ column: Int) -> Int128 {
        table.element.number(in: table.file, at: table.offset(row: row, column: column))
    }
}
