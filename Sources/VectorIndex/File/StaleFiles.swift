import Glibc

/// What builders left that were killed: temporary files whose writer is gone.
///
/// A builder holds a lock on its temporary file, which the system takes back when the process ends however it ends. Who
/// gets that lock knows that nobody writes the file any more, even where the writer was in another container.
enum StaleFiles {
    /// Removes them. They only take up space, so that one which cannot be removed is left for the next build.
    ///
    /// - Parameters:
    ///   - directory: empty, or with a slash at its end.
    ///   - name: of the index that they were to become.
    static func remove(in directory: String, for name: String) {
        let names = System.names(in: directory.isEmpty ? "." : directory)
        for file in names where isTemporary(file, for: name) {
            let path = directory + file
            guard let lock = System.lockedIfFree(path) else { continue }
            System.remove(path)
            close(lock)
        }
        // The second name of the previous generation. It is there only while its builder's temporary file is.
        for file in names where file.hasSuffix(TemporaryFile.asideSuffix) {
            let temporary = String(file.dropLast(TemporaryFile.asideSuffix.count))
            guard isTemporary(temporary, for: name), !System.exists(directory + temporary) else { continue }
            System.remove(directory + file)
        }
    }

    /// Whether it is `.<name>.<process>.<random>.tmp`; that of an index whose name begins with this one's is not.
    private static func isTemporary(_ file: String, for name: String) -> Bool {
        let (prefix, suffix) = (".\(name).", TemporaryFile.suffix)
        guard file.hasPrefix(prefix), file.hasSuffix(suffix), file.utf8.count > prefix.utf8.count + suffix.utf8.count
        else { return false }
        let parts = file.dropFirst(prefix.count).dropLast(suffix.count)
            .split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[0].allSatisfy(\.isWholeNumber) && !parts[1].isEmpty
    }
}
