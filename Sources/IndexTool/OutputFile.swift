import Glibc
import VectorIndex

/// The checks on a file's name before an hour of work goes into what will have it.
enum OutputFile {
    /// The directory must be there and take new files.
    static func checkDirectory(of path: String) throws(VectorIndexError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard access(directory, W_OK | X_OK) == 0 else {
            throw VectorIndexError(
                .cannotWrite, "\(directory) takes no new file: \(String(cString: strerror(errno)))",
                remedy: "Make the directory, or choose another.", file: path, systemError: errno)
        }
    }

    /// What will be written must be a new file, or take the place of one. A pipe is refused, since opening it would wait for
    /// a reader; devices are the operator's choice.
    static func check(_ path: String) throws(VectorIndexError) {
        try checkDirectory(of: path)
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFCHR || kind == S_IFBLK else {
            throw VectorIndexError(
                .cannotWrite, "there is \(kind == S_IFDIR ? "a directory" : "a pipe or a socket") of that name",
                remedy: "Name a file.", file: path)
        }
    }

    /// An index, sound or damaged, may be replaced, and so may an empty file; anything else is somebody's. The same
    /// holds for the previous generation, which the replaced one takes the place of.
    static func checkIndex(_ path: String) throws(VectorIndexError) {
        try checkDirectory(of: path)
        if try isIndex(path) { _ = try isIndex(path + ".previous") }
    }

    /// False when there is no such file. - Throws: when there is one and it is no index.
    private static func isIndex(_ path: String) throws(VectorIndexError) -> Bool {
        do {
            _ = try Snapshot(path: path, verification: .fast)
        } catch {
            switch error.code {
            case .notFound: return false
            case .truncated, .damaged, .unsupportedVersion, .foreignByteOrder: return true
            default:
                throw VectorIndexError(
                    .cannotWrite, "the file is there and is no index, so it is not overwritten",
                    remedy: "Choose another --output, or remove the file.", file: path, systemError: error.systemError)
            }
        }
        return true
    }
}
