import Foundation

/// Holds a directory for this process, so that two servers never share one cluster.
///
/// A `flock` and not a file with a process id: the kernel frees it when the holder dies, however it dies.
final class DirectoryLock: Sendable {
    private let file: Int32

    /// - Throws: `dataDirectoryInUse` when another process, or another server of this process, holds it.
    init(path: String) throws(PrivatePostgresError) {
        let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileStep.failure("open the lock", path) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(file)
            guard code == EWOULDBLOCK else { throw FileStep.failure("lock", path, errno: code) }
            let holder = (try FileStep.read(path) ?? "").filter(\.isNumber)
            throw PrivatePostgresError(
                .dataDirectoryInUse,
                "Another triage-server\(holder.isEmpty ? "" : " (process \(holder))") uses the data in "
                    + "\((path as NSString).deletingLastPathComponent). Stop it first, or set NEXIFY_DATA_DIR to "
                    + "another directory to run a second one beside it.")
        }
        // Who holds it, for the message above; the lock itself does not depend on it.
        let line = Array("\(getpid())\n".utf8)
        guard ftruncate(file, 0) == 0, pwrite(file, line, line.count, 0) == line.count else {
            let code = errno
            close(file)
            throw FileStep.failure("write the lock", path, errno: code)
        }
        self.file = file
    }

    deinit {
        // Said and not only closed: a child that is just being started has a copy of the descriptor until it executes
        // its program, and the lock would stay until then.
        flock(file, LOCK_UN)
        close(file)
    }
}
