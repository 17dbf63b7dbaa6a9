import Glibc
import VectorIndex

/// Vectors in a file that numerical tools write: `.npy` (32-bit floats, two dimensions, row by row) or `.fvecs`.
///
/// The file is mapped; rows are copied out when they are asked for.
struct VectorFile {
    let count: Int
    let dimensions: Int
    private let file: MappedFile
    private let start: Int
    private let rowBytes: Int

    init(path: String) throws(VectorIndexError) {
        file = try MappedFile(path: path)
        if path.hasSuffix(".fvecs") {
            (dimensions, count) = try Self.readFvecs(file)
            start = 4
            rowBytes = 4 + 4 * dimensions
        } else {
            let header = try NpyHeader(file)
            guard header.type == "<f4", header.shape.count == 2 else {
                throw Self.foreign(
                    file, "it holds \(header.type) values in \(header.shape.count) dimensions", at: 0,
                    remedy:
                        "Write 32-bit floats as a table: numpy.save(path, a.astype('float32')) with a of shape (n, d).")
            }
            (count, dimensions) = (header.shape[0], header.shape[1])
            start = header.dataOffset
            rowBytes = 4 * dimensions
            let (bytes, overflow) = rowBytes.multipliedReportingOverflow(by: count)
            guard !overflow, bytes == file.bytes.count - start else {
                throw Self.foreign(
                    file, "\(file.bytes.count - start) bytes of data are not \(count) times \(rowBytes)", at: start,
                    remedy: "Write or copy the file again.")
            }
        }
    }

    subscript(row: Int) -> [Float] {
        precondition(row >= 0 && row < count)
        let offset = start + row * rowBytes
        return [Float](unsafeUninitializedCapacity: dimensions) { buffer, filled in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + 4 * dimensions]))
            filled = dimensions
        }
    }

    /// Every row is its dimensions as an `Int32`, then as many floats; all rows must agree.
    private static func readFvecs(_ file: MappedFile) throws(VectorIndexError) -> (dimensions: Int, count: Int) {
        guard file.bytes.count >= 4 else { throw foreign(file, "the file is empty", at: 0, remedy: "Write it again.") }
        let dimensions = Int(file.bytes.loadUnaligned(as: Int32.self))
        guard (1...65_536).contains(dimensions), file.bytes.count % (4 + 4 * dimensions) == 0 else {
            throw foreign(
                file, "its first row says \(dimensions) dimensions, which does not fit its length", at: 0,
                remedy: "Check that it is an .fvecs file.")
        }
        let rowBytes = 4 + 4 * dimensions
        let count = file.bytes.count / rowBytes
        for row in 0..<count {
            let own = Int(file.bytes.loadUnaligned(fromByteOffset: row * rowBytes, as: Int32.self))
            guard own == dimensions else {
                throw foreign(
                    file, "row \(row) says \(own) dimensions and the first \(dimensions)", at: row * rowBytes,
                    remedy: "Check that it is an .fvecs file.")
            }
        }
        return (dimensions, count)
    }

    fileprivate static func foreign(_ file: MappedFile, _ what: String, at offset: Int, remedy: String)
        -> VectorIndexError
    {
        VectorIndexError(.invalidParameter, what, remedy: remedy, file: file.path, offset: UInt64(offset))
    }
}

/// The text at the start of an `.npy` file (NumPy Enhancement Proposal 1), versions 1 to 3.
struct NpyHeader {
    /// E.g. "<f4": byte order, kind and size.
    let type: String
    let shape: [Int]
    let dataOffset: Int

    init(_ file: MappedFile) throws(VectorIndexError) {
        let bytes = file.bytes
        let isNpy = bytes.count >= 12 && Array(bytes.prefix(6)) == [0x93] + Array("NUMPY".utf8)
        let lengthBytes = isNpy && bytes[6] >= 2 ? 4 : 2
        let length =
            !isNpy
            ? 0
            : lengthBytes == 2
                ? Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
                : Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        dataOffset = 8 + lengthBytes + length
        guard isNpy, dataOffset <= bytes.count else {
            throw VectorFile.foreign(
                file, "this is no .npy file", at: 0, remedy: "Name a file ending in .npy or .fvecs.")
        }
        let text = String(decoding: bytes[8 + lengthBytes..<dataOffset], as: UTF8.self)
        guard let type = Self.value(of: "descr", in: text), let order = Self.value(of: "fortran_order", in: text),
            let shape = Self.value(of: "shape", in: text)
        else {
            throw VectorFile.foreign(
                file, "its header cannot be read", at: 10, remedy: "Write it again with numpy.save.")
        }
        self.type = type
        self.shape = shape.split(separator: ",").compactMap { Int($0.filter { !$0.isWhitespace }) }
        guard order == "False" else {
            throw VectorFile.foreign(
                file, "its values stand column by column", at: 10, remedy: "Save numpy.ascontiguousarray(a).")
        }
    }

    /// The value of a key in the header's Python dictionary, without quotes and parentheses.
    private static func value(of key: String, in text: String) -> String? {
        guard let colon = text.range(of: "'\(key)':")?.upperBound else { return nil }
        let rest = text[colon...].drop { $0 == " " }
        guard let first = rest.first else { return nil }
        switch first {
        case "'":
            return rest.dropFirst().firstIndex(of: "'").map { String(rest[rest.index(after: rest.startIndex)..<$0]) }
        case "(": return rest.firstIndex(of: ")").map { String(rest[rest.index(after: rest.startIndex)..<$0]) }
        default: return String(rest.prefix { $0.isLetter })
        }
    }
}

extension String {
    /// Where another string first occurs; the standard library alone has no such search.
    fileprivate func range(of needle: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
