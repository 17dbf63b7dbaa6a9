import VectorIndex

/// Masks of ids in an `.npy` file: one row a filter, one column an id, ascending; what is not zero may be an answer.
struct FilterFile {
    private let table: NpyTable

    init(path: String, ids: Int) throws(VectorIndexError) {
        table = try NpyTable(
            try MappedFile(path: path),
            wanted:
                "Write masks as a table: numpy.save(path, masks.astype('uint8')) with masks of shape (filters, ids).",
            accepts: { $0 == .uint8 || $0 == .bool })
        guard table.rows > 0, table.columns == ids else {
            throw VectorIndexError(
                .invalidParameter,
                "its shape is (\(table.rows), \(table.columns)), and the index has \(ids) ids",
                remedy: "Give at least one row, and a column for each id, ascending.", file: path)
        }
    }

    func selections(in snapshot: Snapshot) throws(VectorIndexError) -> [Selection] {
        var selections: [Selection] = []
        for row in 0..<table.rows {
            var bitmap = [UInt64](repeating: 0, count: (table.columns + 63) / 64)
            for column in 0..<table.columns where table.file.bytes[table.offset(row: row, column: column)] != 0 {
                bitmap[column / 64] |= 1 << UInt64(column % 64)
            }
            selections.append(try snapshot.selection(bitmap: bitmap))
        }
        try table.file.checkWhole()
        return selections
    }
}
