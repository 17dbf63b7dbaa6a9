#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Lets one process at a time write an index file: a lock on a file beside it, which the system lifts when the process
/// ends, however it ends.
final class IndexFileLock: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var path: String
        var number: CInt

        var description: String { "\(path): \(String(cString: strerror(number)))" }
    }

    private let descriptor: CInt

    private init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// - Returns: nil when another holds it.
    static func take(for file: String) throws(Failure) -> IndexFileLock? {
        let path = file + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(path: path, number: errno) }
        let lock = IndexFileLock(descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return lock }
        guard errno == EWOULDBLOCK else { throw Failure(path: path, number: errno) }
        return nil
    }
}
