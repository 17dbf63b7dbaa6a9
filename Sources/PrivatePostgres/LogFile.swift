import Foundation

/// The server's log: appended to by the server, kept small by us, quoted in our errors.
package struct LogFile: Sendable {
    package var path: String

    package init(path: String) { self.path = path }

    package static let bytesMax = 8 * 1024 * 1024
    static let tailLinesMax = 20
    static let tailBytesMax = 16 * 1024

    /// Opens it for a server to append to. The caller closes the descriptor.
    func open() throws(PrivatePostgresError) -> Int32 {
        let file = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileStep.failure("open the log", path) }
        return file
    }

    /// Moves what is there to `.1` when it has grown past the bound; copies and empties in place, because the
    /// running server keeps its descriptor (which appends, so it goes on at the new end).
    /// Lines written between copying and emptying are lost: the price of not signalling the server.
    package func bound(bytesMax: Int = Self.bytesMax) throws(PrivatePostgresError) {
        guard size > bytesMax else { return }
        let previous = "\(path).1"
        try FileStep.remove(previous)
        do {
            try FileManager.default.copyItem(atPath: path, toPath: previous)
        } catch {
            throw PrivatePostgresError(.fileSystem, "Cannot copy the log to \(previous).", cause: "\(error)")
        }
        guard truncate(path, 0) == 0 else { throw FileStep.failure("empty the log", path) }
    }

    var size: Int {
        var info = stat()
        return stat(path, &info) == 0 ? Int(info.st_size) : 0
    }

    /// The last lines that were written after `offset`, for an error's cause.
    package func tail(after offset: Int) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        let start = max(offset, size - Self.tailBytesMax)
        guard (try? file.seek(toOffset: UInt64(max(0, start)))) != nil,
            let data = try? file.read(upToCount: Self.tailBytesMax)
        else { return "" }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true)
        return lines.suffix(Self.tailLinesMax).joined(separator: "\n")
    }
}
