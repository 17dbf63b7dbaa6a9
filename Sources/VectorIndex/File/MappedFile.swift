import Glibc

/// A regular file mapped for reading; the mapping lives as long as this object.
///
/// `@unchecked Sendable`: the pages are mapped read-only and an index file is never edited in place, so every thread
/// reads the same unchanging bytes.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    package let bytes: UnsafeRawBufferPointer

    package init(path: String) throws(VectorIndexError) {
        self.path = path
        do {
            let descriptor = try System.open(path, flags: O_RDONLY | O_NONBLOCK)
            defer { close(descriptor) }
            let status = try System.status(of: descriptor)
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw VectorIndexError(
                    .notARegularFile, "this is a directory or device, not a file", remedy: "Name an index file.",
                    file: path)
            }
            let length = Int(status.st_size)
            // An empty file cannot be mapped; it is read as no bytes.
            let base = length > 0 ? try System.map(descriptor, length: length) : nil
            bytes = UnsafeRawBufferPointer(start: base, count: length)
        } catch let failure as System.Failure {
            throw VectorIndexError(
                failure.number == ENOENT ? .notFound : .notReadable, failure.description,
                remedy: "Check the path and its permissions, or build the index with `index-tool build`.", file: path,
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
