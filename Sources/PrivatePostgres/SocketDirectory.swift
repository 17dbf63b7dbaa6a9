import Foundation

/// The private directory of the server's Unix socket, short enough for the kernel.
enum SocketDirectory {
    /// `sun_path` holds 108 bytes with the final zero.
    static let pathBytesMax = 107

    static let temporaryPrefix = "/tmp/nexify-"

    static func fits(_ directory: String, port: Int) -> Bool {
        "\(directory)/.s.PGSQL.\(port)".utf8.count <= pathBytesMax
    }

    /// `<home>/run`, or a directory in /tmp when that is too long. Made, and checked to be the server's alone.
    ///
    /// - Parameter current: where a server that is still running has its socket.
    static func make(
        home: ClusterHome, port: Int, owner: ServiceAccount?, current: String?
    ) throws(PrivatePostgresError) -> String {
        if let current, isPrivate(current, owner: owner) { return current }
        let near = "\(home.directory)/run"
        if fits(near, port: port) {
            try FileStep.makeDirectory(near, mode: 0o700, owner: owner)
            return near
        }
        let short = "\(temporaryPrefix)\(FileStep.shortHash(home.directory))"
        if mkdir(short, 0o700) == 0 {
            if let owner, lchown(short, owner.userID, owner.groupID) != 0 {
                throw FileStep.failure("change the owner of", short)
            }
            return short
        }
        guard errno == EEXIST else { throw FileStep.failure("create the directory", short) }
        // Anyone may have made it: it must be ours alone before a socket goes in.
        guard isPrivate(short, owner: owner) else {
            throw PrivatePostgresError(
                .permissionDenied,
                "\(short), where PostgreSQL's socket should go, belongs to someone else. Remove it, or choose a data "
                    + "directory with a shorter path (NEXIFY_DATA_DIR).")
        }
        return short
    }

    static func isPrivate(_ directory: String, owner: ServiceAccount?) -> Bool {
        var info = stat()
        return lstat(directory, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR && info.st_mode & 0o077 == 0
            && info.st_uid == owner?.userID ?? geteuid()
    }

    /// Takes away a directory in /tmp after the server has gone; one that is not empty stays.
    static func removeIfTemporary(_ directory: String) {
        guard directory.hasPrefix(temporaryPrefix), !directory.dropFirst(temporaryPrefix.count).contains("/") else {
            return
        }
        rmdir(directory)
    }
}
