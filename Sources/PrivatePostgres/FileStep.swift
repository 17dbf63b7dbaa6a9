import Foundation

/// The few file operations that the cluster's home needs, each of which fails with a remedy.
///
/// Symbolic links are never followed when we create, write or hand over: the home may stand in a directory of
/// another account, and we may be root.
enum FileStep {
    /// The error that an `errno` stands for, on an operation on `path`.
    static func failure(_ doing: String, _ path: String, errno code: Int32 = errno) -> PrivatePostgresError {
        let cause = String(cString: strerror(code))
        switch code {
        case EACCES, EPERM, EROFS:
            return PrivatePostgresError(
                .permissionDenied,
                "Cannot \(doing) \(path) as \(ServiceAccount.nameOfThisProcess()). Give this user the directory "
                    + "(chown -R), or choose another one with NEXIFY_DATA_DIR.", cause: cause)
        case ENOSPC, EDQUOT:
            return PrivatePostgresError(
                .diskFull, "Cannot \(doing) \(path): the disk is full. Free some space (df -h) and start again.",
                cause: cause)
        default:
            return PrivatePostgresError(.fileSystem, "Cannot \(doing) \(path).", cause: cause)
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isDirectory(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// An absolute path without links and dots; the path itself when it does not exist.
    static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Makes a directory with its parents, all with the usual permissions.
    static func makeParents(_ path: String) throws(PrivatePostgresError) {
        guard !isDirectory(path) else { return }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty, parent != path { try makeParents(parent) }
        guard mkdir(path, 0o755) == 0 || (errno == EEXIST && isDirectory(path)) else {
            throw failure("create the directory", path)
        }
    }

    /// Makes a directory with exactly this mode and owner, or gives them to the one that is there.
    static func makeDirectory(
        _ path: String, mode: mode_t, owner: ServiceAccount? = nil
    ) throws(PrivatePostgresError) {
        if mkdir(path, mode) != 0, errno != EEXIST { throw failure("create the directory", path) }
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            throw failure("create the directory", path, errno: ENOTDIR)
        }
        if let owner, info.st_uid != owner.userID || info.st_gid != owner.groupID {
            guard lchown(path, owner.userID, owner.groupID) == 0 else { throw failure("change the owner of", path) }
        }
        if info.st_mode & 0o7777 != mode, chmod(path, mode) != 0 { throw failure("change the permissions of", path) }
    }

    /// Replaces the file at `path` in one step, so that a reader sees the old or the new text.
    static func write(
        _ text: String, to path: String, mode: mode_t, owner: ServiceAccount? = nil
    ) throws(PrivatePostgresError) {
        let temporary = "\(path).new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("create the file", temporary) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = Foundation.write(file, Array(bytes[written...]), bytes.count - written)
            guard count > 0 else { throw failure("write the file", temporary) }
            written += count
        }
        guard fchmod(file, mode) == 0 else { throw failure("change the permissions of", temporary) }
        if let owner, fchown(file, owner.userID, owner.groupID) != 0 {
            throw failure("change the owner of", temporary)
        }
        guard rename(temporary, path) == 0 else { throw failure("replace the file", path) }
    }

    static let readBytesMax = 64 * 1024

    /// The text of a small file (its first `readBytesMax` bytes); nil when there is none.
    static func read(_ path: String) throws(PrivatePostgresError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read the file", path)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: readBytesMax)
        // One call reads all of a small regular file.
        let count = Foundation.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw failure("read the file", path) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    static func move(_ from: String, to path: String) throws(PrivatePostgresError) {
        guard rename(from, path) == 0 else { throw failure("rename \(from) to", path) }
    }

    /// Removes a file or a whole directory; what is not there is no failure.
    static func remove(_ path: String) throws(PrivatePostgresError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw PrivatePostgresError(
                .permissionDenied, "Cannot remove \(path). Remove it by hand and start again.", cause: "\(error)")
        }
    }

    /// A short name for a path, the same in every process: FNV-1a (64 bits), 12 hexadecimal digits of it.
    static func shortHash(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String((String(repeating: "0", count: 16 - digits.count) + digits).suffix(12))
    }
}
