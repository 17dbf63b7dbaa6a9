import Glibc
import VectorIndex

/// Writes `.npy` files (NumPy Enhancement Proposal 1, version 1.0), row by row.
enum NpyFile {
    /// A table of 32-bit floats. What `row` throws ends it, and no file is left.
    static func write(
        count: Int, dimensions: Int, to path: String, row: (Int) throws(VectorIndexError) -> [Float]
    ) throws(VectorIndexError) {
        try write(count, type: .float32, shape: "(\(count), \(dimensions))", to: path, row: row)
    }

    /// A list of ids.
    static func write(ids: [UInt64], to path: String) throws(VectorIndexError) {
        try write(1, type: .uint64, shape: "(\(ids.count),)", to: path) { _ in ids }
    }

    /// - Precondition: the rows hold as many numbers of the type as the shape says.
    private static func write<Element: BitwiseCopyable>(
        _ rows: Int, type: NpyElement, shape: String, to path: String, row: (Int) throws(VectorIndexError) -> [Element]
    ) throws(VectorIndexError) {
        var header = "{'descr': '\(type.rawValue)', 'fortran_order': False, 'shape': \(shape), }"
        let unpadded = 10 + header.utf8.count + 1
        header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
        let length = UInt16(header.utf8.count)
        let start =
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
        guard let file = fopen(path, "wb") else { throw cannotWrite(path, errno) }
        var written = fwrite(start, 1, start.count, file) == start.count
        do throws(VectorIndexError) {
            for i in 0..<rows where written {
                let numbers = try row(i)
                written = fwrite(numbers, type.bytes, numbers.count, file) == numbers.count
            }
        } catch {
            fclose(file)
            unlink(path)
            throw error
        }
        // What could not be written may be known only now.
        let failure = errno
        let closed = fclose(file) == 0
        guard written, closed else { throw cannotWrite(path, written ? errno : failure) }
    }

    private static func cannotWrite(_ path: String, _ number: CInt) -> VectorIndexError {
        VectorIndexError(
            .cannotWrite, String(cString: strerror(number)), remedy: "Check the directory and the disk's free space.",
            file: path, systemError: number)
    }
}
