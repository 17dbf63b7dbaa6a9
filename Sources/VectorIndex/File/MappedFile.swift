import CBLAS
import Glibc

/// The bytes of an index: a regular file mapped for reading, or memory that is read as if it were one; they live as long
/// as this object.
///
/// A file that is cut short while it is mapped reads as zeros from there on, see mapping_guard.h: whoever has read from it
/// asks `checkWhole` before it believes what it has read.
///
/// `@unchecked Sendable`: the pages are mapped read-only and an index file is never edited in place, so every thread
/// reads the same unchanging bytes; the guard's one flag is read and written by atomic operations.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    package let bytes: UnsafeRawBufferPointer
    private let owner: Owner
    /// The last byte that was not zero when the file was mapped. A file that is cut short before it has a zero there, or no
    /// page: the system fills the rest of the last page that is left with zeros and says nothing.
    private let lastByte: UnsafePointer<UInt8>?

    /// How far from the end it is looked for: an index ends in less than a page of padding.
    private static let tailBytes = 1 << 16

    private enum Owner {
        case nobody
        case mapping(UnsafeMutablePointer<nx_mapping>)
        case memory(AlignedBuffer<UInt8>)
    }

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
            guard length > 0 else {
                bytes = UnsafeRawBufferPointer(start: nil, count: 0)
                owner = .nobody
                lastByte = nil
                return
            }
            let base = try System.map(descriptor, length: length)
            guard let mapping = nx_mapping_guard(base, length) else {
                System.unmap(UnsafeMutableRawPointer(mutating: base), length)
                throw VectorIndexError(
                    .notReadable, "this process has \(NX_MAPPINGS_MAX) index files open already",
                    remedy: "Let go of snapshots that are no longer searched.", file: path)
            }
            bytes = UnsafeRawBufferPointer(start: base, count: length)
            owner = .mapping(mapping)
            lastByte = Self.lastByte(of: bytes)
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

    /// A copy of bytes in memory, page-aligned as a mapping is; errors name it as `name`.
    package init(copying content: UnsafeRawBufferPointer, name: String) {
        path = name
        let memory = AlignedBuffer<UInt8>(count: content.count)
        if let source = content.baseAddress {
            UnsafeMutableRawPointer(memory.base).copyMemory(from: source, byteCount: content.count)
        }
        bytes = memory.bytes(count: content.count)
        owner = .memory(memory)
        lastByte = nil
    }

    deinit {
        guard case .mapping(let mapping) = owner else { return }
        nx_mapping_release(mapping)
        System.unmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    }

    /// Throws when some of what was read from it so far was not there. - Complexity: O(1), two loads.
    @inline(__always)
    package func checkWhole() throws(VectorIndexError) {
        guard case .mapping(let mapping) = owner else { return }
        // First, as it may find a page missing.
        let isCut = lastByte.map { nx_byte_is_zero($0) != 0 } ?? false
        guard isCut || nx_mapping_is_lost(mapping) != 0 else { return }
        throw lost
    }

    private static func lastByte(of bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        bytes.suffix(tailBytes).lastIndex { $0 != 0 }.map {
            bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + $0
        }
    }

    private var lost: VectorIndexError {
        VectorIndexError(
            .truncated, "the file was cut short, or its disk failed, while it was in use",
            remedy: "Open it again once it is whole. \(VectorIndexError.rebuild)", file: path)
    }

    /// Asks for all pages at once, which is several times faster than meeting them one by one. A hint: older kernels
    /// ignore it.
    func populate(_ range: Range<Int>) {
        guard case .mapping = owner, let base = bytes.baseAddress, !range.isEmpty else { return }
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
