import VectorIndex

/// A two-dimensional array in a mapped `.npy` file whose type, shape and length were checked against each other.
struct NpyTable {
    let file: MappedFile
    let element: NpyElement
    let isColumnMajor: Bool
    let rows: Int
    let columns: Int
    /// Bytes from the start of the file.
    let start: Int

    /// - Parameters:
    ///   - accepts: which elements the reader can use.
    ///   - wanted: how to write such a file, for the message when this is another.
    init(_ file: MappedFile, wanted: String, accepts: (NpyElement) -> Bool) throws(VectorIndexError) {
        func refused(_ what: String, _ remedy: String, at offset: Int) -> VectorIndexError {
            VectorIndexError(.invalidParameter, what, remedy: remedy, file: file.path, offset: UInt64(offset))
        }
        let header = try NpyHeader(file)
        guard !header.type.hasPrefix(">") else {
            throw refused(
                "its numbers are big-endian (\(header.type))", "Save them little-endian: a.astype('<\(header.type.dropFirst())').",
                at: 10)
        }
        guard let element = NpyElement(rawValue: header.type), accepts(element) else {
            throw refused("it holds values of NumPy's type \(header.type)", wanted, at: 10)
        }
        guard header.shape.count == 2 else {
            throw refused(
                "its shape is (\(header.shape.map(String.init).joined(separator: ", "))), not a table's", wanted, at: 10)
        }
        (rows, columns) = (header.shape[0], header.shape[1])
        let (cells, tooMany) = rows.multipliedReportingOverflow(by: columns)
        let (bytes, tooLong) = cells.multipliedReportingOverflow(by: element.bytes)
        let present = file.bytes.count - header.dataOffset
        guard !tooMany, !tooLong, bytes <= present else {
            throw refused(
                "the file is cut short: \(present) bytes of data, and \(rows) rows of \(columns) need "
                    + (tooMany || tooLong ? "more than there can be" : "\(bytes)"),
                "Copy or write the file again.", at: file.bytes.count)
        }
        guard bytes == present else {
            throw refused(
                "\(present - bytes) bytes follow the \(rows) rows of \(columns)", "Copy or write the file again.",
                at: header.dataOffset + bytes)
        }
        self.file = file
        self.element = element
        isColumnMajor = header.isColumnMajor
        start = header.dataOffset
    }

    /// Bytes from the start of the file to a value.
    func offset(row: Int, column: Int) -> Int {
        start + (isColumnMajor ? column * rows + row : row * columns + column) * element.bytes
    }
}
