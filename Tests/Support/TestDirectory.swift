import Foundation
import Synchronization

/// Scratch directories of this test process, gone when it exits.
///
/// They are named `/tmp/nexify-test-<user id>-<process id>-<label>-…`, short enough for a Unix socket, so that a later
/// process can tell which belong to a process that is gone.
public enum TestDirectory {
    private static let made = Mutex<[String]>([])
    static var prefix: String { "nexify-test-\(getuid())-" }

    /// - Parameter mode: the account that runs PostgreSQL passes through by default.
    public static func make(_ label: String, mode: mode_t = 0o711) throws -> String {
        var path = ""
        var status: CInt = -1
        // Short names may be taken.
        for _ in 0..<64 where status != 0 {
            path = "/tmp/\(prefix)\(getpid())-\(label)-\(UInt32.random(in: 0...0xffff))"
            status = mkdir(path, mode)
            if status != 0, errno != EEXIST { break }
        }
        guard status == 0, chmod(path, mode) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        made.withLock { directories in
            if directories.isEmpty { atexit { TestDirectory.removeAll() } }
            directories.append(path)
        }
        return path
    }

    private static func removeAll() {
        for path in made.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}
