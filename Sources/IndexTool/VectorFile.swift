import Glibc
import VectorIndex

/// Vectors in a file that numerical tools write: `.npy` (16, 32 or 64-bit floats, two dimensions, row by row or column
/// by column) or `.fvecs`.
///
/// The file is mapped and read once, a block of rows at a time; pages that were read are given back, so that a file
/// larger than memory costs a block.
struct VectorFile {
    let count: Int
    let dimensions: Int
    private let file: MappedFile
    private let content: Content

    private enum Content {
        case table(NpyTable)
        /// Every row is its dimensions as an `Int32`, then as many 32-bit floats.
        case fvecs
    }

    private static let blockBytes = 4 << 20

    init(path: String) throws(VectorIndexError) {
        file = try MappedFile(path: path)
        if path.hasSuffix(".fvecs") {
            (dimensions, count) = try Self.readFvecs(file)
            content = .fvecs
        } else {
            let table = try NpyTable(
                file,
                wanted: "Write floats as a table: numpy.save(path, a.astype('float32')) with a of shape (n, d).",
                accepts: \.isFloat)
            (count, dimensions) = (table.rows, table.columns)
            content = .table(table)
        }
    }

    var path: String { file.path }

    /// Calls `body` with each row and its number, in order. The row's memory is valid during the call only.
    func forEach(
        _ body: (Int, UnsafeBufferPointer<Float>) throws(VectorIndexError) -> Void
    ) throws(VectorIndexError) {
        let rowsPerBlock = max(1, Self.blockBytes / max(4 * dimensions, 1))
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: min(rowsPerBlock, max(count, 1)) * dimensions)
        defer { block.deallocate() }
        for start in stride(from: 0, to: count, by: rowsPerBlock) {
            let rows = start..<min(start + rowsPerBlock, count)
            try read(rows, into: block)
            for row in rows {
                let at = (row - start) * dimensions
                try body(row, UnsafeBufferPointer(rebasing: block[at..<at + dimensions]))
            }
            giveBackPages()
        }
    }

    /// All rows.
    func vectors() throws(VectorIndexError) -> [[Float]] {
        var vectors: [[Float]] = []
        vectors.reserveCapacity(count)
        try forEach { _, vector in vectors.append(Array(vector)) }
        return vectors
    }

    func vector(at row: Int) throws(VectorIndexError) -> [Float] {
        precondition(row >= 0 && row < count)
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: dimensions)
        defer { block.deallocate() }
        try read(row..<row + 1, into: block)
        return Array(block)
    }

    private func read(_ rows: Range<Int>, into block: UnsafeMutableBufferPointer<Float>) throws(VectorIndexError) {
        switch content {
        case .table(let table):
            switch table.element {
            case .float16: convert(Float16.self, table, rows, block) { Float($0) }
            case .float64: convert(Double.self, table, rows, block) { Float($0) }
            default: convert(Float.self, table, rows, block) { $0 }
            }
        case .fvecs:
            let rowBytes = 4 + 4 * dimensions
            for row in rows {
                let own = Int(file.bytes.loadUnaligned(fromByteOffset: row * rowBytes, as: Int32.self))
                guard own == dimensions else {
                    throw VectorIndexError(
                        .invalidParameter, "row \(row) says \(own) dimensions and the first \(dimensions)",
                        remedy: "Check that it is an .fvecs file.", file: path, offset: UInt64(row * rowBytes))
                }
                let from = row * rowBytes + 4
                let to = (row - rows.lowerBound) * dimensions
                UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: block[to..<to + dimensions]))
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[from..<from + 4 * dimensions]))
            }
        }
        try file.checkWhole()
    }

    /// Values in the order of the file, so that column by column is read as fast.
    @inline(__always)
    private func convert<Element: BitwiseCopyable>(
        _ type: Element.Type, _ table: NpyTable, _ rows: Range<Int>, _ block: UnsafeMutableBufferPointer<Float>,
        _ float: (Element) -> Float
    ) {
        guard !rows.isEmpty, dimensions > 0, let out = block.baseAddress, let bytes = file.bytes.baseAddress else {
            return
        }
        let size = MemoryLayout<Element>.size
        if table.isColumnMajor {
            for column in 0..<dimensions {
                let values = bytes + table.offset(row: rows.lowerBound, column: column)
                for i in 0..<rows.count {
                    out[i * dimensions + column] = float(values.loadUnaligned(fromByteOffset: i * size, as: type))
                }
            }
        } else {
            let values = bytes + table.offset(row: rows.lowerBound, column: 0)
            for i in 0..<rows.count * dimensions {
                out[i] = float(values.loadUnaligned(fromByteOffset: i * size, as: type))
            }
        }
    }

    /// The mapping's pages leave this process's memory; the system still has them.
    private func giveBackPages() {
        guard let base = file.bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: base), file.bytes.count, MADV_DONTNEED)
    }

    private static func readFvecs(_ file: MappedFile) throws(VectorIndexError) -> (dimensions: Int, count: Int) {
        guard file.bytes.count >= 4 else {
            throw VectorIndexError(
                .invalidParameter, "the file holds no row", remedy: "Write it again.", file: file.path, offset: 0)
        }
        let dimensions = Int(file.bytes.loadUnaligned(as: Int32.self))
        guard (1...65_536).contains(dimensions), file.bytes.count % (4 + 4 * dimensions) == 0 else {
            throw VectorIndexError(
                .invalidParameter, "its first row says \(dimensions) dimensions, which does not fit its length",
                remedy: "Check that it is an .fvecs file and was copied in full.", file: file.path, offset: 0)
        }
        return (dimensions, file.bytes.count / (4 + 4 * dimensions))
    }
}
