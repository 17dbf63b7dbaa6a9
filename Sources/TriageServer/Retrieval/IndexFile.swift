import FoundationEssentials
import VectorIndex

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One index's file: opened, built and extended, by one process at a time. All of it blocks: see `IndexThreads`.
struct IndexFile: Sendable {
    /// A generation, and the file that it was read from.
    struct Opened: Sendable {
        var snapshot: Snapshot
        var identity: FileIdentity
    }

    let path: String
    let model: String
    let dimensions: Int

    var identity: FileIdentity? { FileIdentity(path: path) }

    /// The generation on disk.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: when it is damaged, or of another embedding model, however sound.
    func open() throws(VectorIndexError) -> Opened? {
        // Taken first: a generation that is put in place meanwhile is noticed afterwards.
        guard let identity else { return nil }
        let snapshot = try Snapshot(path: path)
        guard snapshot.info.modelFingerprint == model else {
            throw VectorIndexError(
                .fingerprintMismatch,
                "it was built with embedding model \(snapshot.info.modelFingerprint), the server uses \(model)",
                remedy: "It is rebuilt by itself once the rows have been embedded anew.", file: path)
        }
        return Opened(snapshot: snapshot, identity: identity)
    }

    /// The right to write; nil when another process has it.
    func lock() throws(VectorIndexError) -> IndexFileLock? {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                // What customers wrote can be guessed from vectors.
                attributes: [.posixPermissions: 0o700])
            guard let lock = try IndexFileLock.take(for: path) else { return nil }
            removeLeftovers()
            return lock
        } catch {
            throw VectorIndexError(
                .cannotWrite, "\(error)", remedy: "Check the directory, its permissions and the disk's free space.",
                file: path)
        }
    }

    /// Builds a generation from the rows.
    func build(_ contents: IndexSourceStore.Contents, under lock: IndexFileLock) throws(VectorIndexError) -> Opened {
        var builder = SnapshotBuilder(
            dimensions: dimensions, metric: .cosine,
            parameters: BuildParameters(modelFingerprint: model, sourceVersion: UInt64(contents.version)))
        for (id, vector) in zip(contents.ids, contents.vectors) { try builder.add(id: UInt64(id), vector: vector) }
        try builder.write(to: path)
        return try written()
    }

    /// Writes the next generation out of what is served.
    func extend(_ live: LiveSnapshot, under lock: IndexFileLock) throws(VectorIndexError) -> Opened {
        _ = try live.write(to: path)
        return try written()
    }

    private func written() throws(VectorIndexError) -> Opened {
        guard let opened = try open() else {
            throw VectorIndexError(
                .notFound, "the file that was just written is gone", remedy: "Look who removes files there.", file: path
            )
        }
        return opened
    }

    private var directory: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// Removes what writers left behind that were killed: a name holds the process's number, and only one who holds the
    /// lock writes.
    private func removeLeftovers() {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for entry in entries where entry.hasPrefix(".\(name).") && entry.hasSuffix(".tmp") {
            let rest = entry.dropFirst(name.count + 2)
            guard let process = pid_t(rest.prefix(while: { $0 != "." })), kill(process, 0) != 0, errno == ESRCH
            else { continue }
            unlink("\(directory)/\(entry)")
        }
    }
}
