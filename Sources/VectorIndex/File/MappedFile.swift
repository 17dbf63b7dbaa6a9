import Glibc

/// A regular file mapped for reading; the mapping lives as long as this object.
///
/// `@unchecked Sendable`: the pages are mapped read-only and an index file is never edited in place, so every thread
/// reads the same unchanging bytes.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    package let bytes: UnsafeRawBufferPointer

    /// - Parameter remedy: what to do when the file is not there or cannot be read.
    /// - Throws: at once for what is no file: nothing waits for whoever would write into a pipe.
    package init(path: String, remedy: String = "Check the path and its permissions.") throws(VectorIndexError) {
        self.path = path
        do {
            let descriptor = try System.open(path, flags: O_RDONLY | O_NONBLOCK)
            defer { close(descriptor) }
            let status = try System.status(of: descriptor)
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw VectorIndexError(
                    .notARegularFile, "this is \(status.kind), not a file", remedy: "Name a file.", file: path)
            }
            let length = Int(status.st_size)
            // An empty file cannot be mapped; it is read as no bytes.
            let base = length > 0 ? try System.map(descriptor, length: length) : nil
            bytes = UnsafeRawBufferPointer(start: base, count: length)
        } catch let failure as System.Failure {
            throw VectorIndexError(
                failure.number == ENOENT ? .notFound : .notReadable,
                "cannot \(failure.call) it (\(String(cString: strerror(failure.number))))", remedy: remedy, file: path,
                systemError: failure.number)
        } catch let error as VectorIndexError {
            throw error
        } catch {
            preconditionFailure("no other error is thrown above: \(error)")
        }
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }

    /// Asks for all pages at once, which is several times faster than meeting them one by one. A hint: older kernels
    /// ignore it.
    func populate(_ range: Range<Int>) {
        guard let base = bytes.baseAddress, !range.isEmpty else { return }
        let page = IndexFormat.pageBytes
        let start = range.lowerBound / page * page
        let populateRead: CInt = 22
        madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, populateRead)
    }
}

extension stat {
    /// What it is of, in words.
    fileprivate var kind: String {
        switch st_mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "something else"
        }
    }
}
