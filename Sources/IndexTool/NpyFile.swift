import Glibc
import VectorIndex

/// Writes a table of 32-bit floats as an `.npy` file (version 1.0).
enum NpyFile {
    static func write(_ rows: [[Float]], dimensions: Int, to path: String) throws(VectorIndexError) {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows.count), \(dimensions)), }"
        let unpadded = 10 + header.utf8.count + 1
        header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
        let length = UInt16(header.utf8.count)
        let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
        guard let file = fopen(path, "wb") else { throw cannotWrite(path) }
        var written = fwrite(start, 1, start.count, file) == start.count
        for row in rows where written { written = fwrite(row, 4, row.count, file) == row.count }
        guard fclose(file) == 0, written else { throw cannotWrite(path) }
    }

    private static func cannotWrite(_ path: String) -> VectorIndexError {
        VectorIndexError(
            .cannotWrite, String(cString: strerror(errno)), remedy: "Check the directory and the disk's free space.", file: path,
            systemError: errno)
    }
}
