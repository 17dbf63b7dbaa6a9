#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A whole regular file, mapped read-only for as long as this object lives: the owner of the mapping.
///
/// The bytes are the page cache's own, shared by every process that maps the file. Whoever replaces such a file
/// renames a new one over it: one that is cut short in place takes the process down at the next touch, as any mapping
/// does.
///
/// `@unchecked Sendable`: the address is fixed at initialisation and nothing ever writes through it.
final class MappedFile: @unchecked Sendable {
    let path: String
    let bytes: UnsafeRawBufferPointer

    /// - Parameter bytesMax: a bound on what this kind of file can be; a larger one is refused unread.
    init(path: String, bytesMax: Int) throws(TextEmbeddingError) {
        var descriptor: Int32
        repeat { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else {
            let number = errno
            let code: TextEmbeddingError.Code = number == ENOENT || number == ENOTDIR ? .missing : .unreadable
            throw TextEmbeddingError(code, file: path, "cannot open (\(Self.text(number)))")
        }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw TextEmbeddingError(.unreadable, file: path, "cannot read its size (\(Self.text(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TextEmbeddingError(.unreadable, file: path, "is not a regular file")
        }
        let size = Int(status.st_size)
        guard size > 0, size <= bytesMax else {
            throw TextEmbeddingError(
                .unreadable, file: path, "is \(size) bytes long where 1 to \(bytesMax) were expected")
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw TextEmbeddingError(.unreadable, file: path, "cannot map \(size) bytes (\(Self.text(errno)))")
        }
        self.path = path
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }

    /// Tells the system that the whole file is about to be read.
    func willBeRead() {
        _ = madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_WILLNEED)
    }

    private static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
