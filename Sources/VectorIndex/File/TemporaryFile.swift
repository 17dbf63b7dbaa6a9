import Glibc

/// A new file beside the one it is to replace; closed and, unless it was renamed, removed with this object.
final class TemporaryFile {
    let path: String
    let descriptor: CInt

    /// - Parameters:
    ///   - directory: empty, or with a slash at its end.
    ///   - name: of the file to replace; the temporary name begins with a dot, holds it, and ends in ".tmp".
    init(in directory: String, for name: String) throws(System.Failure) {
        var random = SystemRandomNumberGenerator()
        path = "\(directory).\(name).\(System.processID).\(String(random.next(), radix: 36)).tmp"
        descriptor = try System.open(path, flags: O_WRONLY | O_CREAT | O_EXCL)
    }

    deinit {
        close(descriptor)
        System.remove(path)
    }
}
