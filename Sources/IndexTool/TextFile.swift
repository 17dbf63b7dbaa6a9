import Glibc
import VectorIndex

/// Writes a text as a file.
enum TextFile {
    static func write(_ text: String, to path: String) throws(VectorIndexError) {
        let bytes = Array(text.utf8)
        var isWritten = false
        if let file = fopen(path, "wb") {
            isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
            isWritten = fclose(file) == 0 && isWritten
        }
        guard isWritten else {
            throw VectorIndexError(
                .cannotWrite, String(cString: strerror(errno)),
                remedy: "Check the directory and the disk's free space.", file: path, systemError: errno)
        }
    }
}
