import Glibc

/// Tells whether a path still names the file that was opened, as it was then.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int
    package let bytes: Int

    /// nil when there is no such file, or none that may be looked at. - Complexity: one system call.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }

    /// Whether the file itself was written to, and not another put in its place.
    package func isSameFile(as other: FileIdentity) -> Bool { device == other.device && inode == other.inode }
}
