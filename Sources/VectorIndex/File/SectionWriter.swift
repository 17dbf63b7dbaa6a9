import Glibc

/// Writes an index file section by section and installs it: either the complete, verified file takes the name, or
/// nothing changes.
///
/// The file grows under a temporary name in the same directory, is synced, reopened and verified in full, and renamed;
/// the file that had the name before stays as `<name>.previous`. Dropped before `install`, what it wrote is removed; killed
/// before, the next writer of that name removes it.
struct SectionWriter {
    private let path: String
    private let directory: String
    private let file: TemporaryFile
    /// What is not on disk yet: the bytes behind the last whole piece.
    private let piece = AlignedBuffer<UInt8>(count: Self.pieceBytes)
    private var position: UInt64 = 0
    private var sections: [SectionEntry] = []
    private var hash = ContentHash()

    init(path: String) throws(VectorIndexError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard !name.isEmpty, name != ".", name != ".." else {
            throw VectorIndexError(
                .invalidParameter, "the path names no file", remedy: "Name the index file to write.", file: path)
        }
        self.path = path
        directory = slash.map { String(path[...$0]) } ?? ""
        StaleFiles.remove(in: directory, for: name)
        do {
            file = try TemporaryFile(in: directory, for: name)
        } catch {
            throw Self.cannotWrite(error, path)
        }
        // The first page is written last.
        try write(Self.zeroPage())
    }

    /// Starts the next section; what is appended belongs to it.
    mutating func begin(_ tag: SectionTag, stride: Int, isOptional: Bool = false) {
        sections.append(
            SectionEntry(tag: tag, isOptional: isOptional, offset: position, stride: UInt64(stride)))
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(VectorIndexError) {
        guard !bytes.isEmpty else { return }
        try write(bytes)
        hash.update(bytes)
        let last = sections.count - 1
        sections[last].crc32c = Checksum.crc32c(bytes, from: sections[last].crc32c)
        sections[last].length += UInt64(bytes.count)
    }

    /// The bytes of a write to disk, and where it begins a multiple of them.
    ///
    /// Linux keeps what is written in one call in pages as large as the call and its place allow. A file that came in
    /// aligned pieces of at least two MiB lies in the page cache in huge pages, and is mapped as such: see
    /// `System.map`.
    private static let pieceBytes = 4 << 20

    /// Appends to the file, piece by piece.
    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(VectorIndexError) {
        var rest = bytes
        while !rest.isEmpty {
            let used = Int(position % UInt64(Self.pieceBytes))
            let count = min(rest.count, Self.pieceBytes - used)
            UnsafeMutableRawPointer(piece.base + used).copyMemory(from: rest.baseAddress!, byteCount: count)
            position += UInt64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if used + count == Self.pieceBytes { try flush(Self.pieceBytes) }
        }
    }

    private func flush(_ count: Int) throws(VectorIndexError) {
        do {
            try System.write(file.descriptor, piece.bytes(count: count))
        } catch {
            throw Self.cannotWrite(error, path)
        }
    }

    /// Pads the section to whole pages.
    mutating func end() throws(VectorIndexError) {
        hash.endSection()
        let page = UInt64(IndexFormat.pageBytes)
        let padding = Int((page - position % page) % page)
        try write(UnsafeRawBufferPointer(rebasing: Self.zeroPage()[0..<padding]))
    }

    /// Writes the first page, with file length, content hash and checksums filled in, and syncs.
    mutating func finish(_ header: FileHeader) throws(VectorIndexError) {
        try flush(Int(position % UInt64(Self.pieceBytes)))
        var header = header
        header.fileLength = position
        var page = HeaderPage()
        header.contentHash = [UInt8](repeating: 0, count: 32)
        header.write(to: &page)
        page[FileHeader.Offset.sectionCount, as: UInt32.self] = UInt32(sections.count)
        for (i, section) in sections.enumerated() {
            section.write(to: &page, at: IndexFormat.sectionTableOffset + i * IndexFormat.sectionEntryBytes)
        }
        page[FileHeader.Offset.contentHash] = hash.finished(page)
        page[FileHeader.Offset.crc32c, as: UInt32.self] = Checksum.crc32c(page.bytes)
        do {
            try System.writeStart(file.descriptor, page.bytes)
            try System.synchronize(file.descriptor)
        } catch {
            throw Self.cannotWrite(error, path)
        }
    }

    /// Verifies what was written and gives it its name.
    func install() throws(VectorIndexError) -> SnapshotInfo {
        let info: SnapshotInfo
        do {
            info = try Snapshot(path: file.path, verification: .full).info
        } catch {
            throw VectorIndexError(
                .cannotWrite, "the written file does not verify: \(error.message)",
                remedy: "Check the disk and its free space; the index that was there is untouched.", file: path,
                section: error.section, offset: error.offset, systemError: error.systemError)
        }
        do {
            try keepPrevious()
            try System.rename(file.path, to: path)
            try System.synchronizeDirectory(directory.isEmpty ? "." : directory)
        } catch {
            throw Self.cannotWrite(error, path)
        }
        return info
    }

    /// Gives the file that has the name now a second one, so that there is no moment without an index.
    private func keepPrevious() throws(System.Failure) {
        guard System.exists(path) else { return }
        let aside = file.path + TemporaryFile.asideSuffix
        defer { System.remove(aside) }
        try linkAgain(as: aside)
        try System.rename(aside, to: path + ".previous")
    }

    /// A file that another builder replaces between its being found and its being linked is none any more; then the one in
    /// its place is linked.
    private func linkAgain(as aside: String) throws(System.Failure) {
        for attempt in 1... {
            do throws(System.Failure) {
                return try System.link(path, to: aside)
            } catch  where error.number == ENOENT && attempt < Self.replacementsMax && System.exists(path) {
                continue
            }
        }
    }

    /// So many builders of one name in a row are none that work.
    private static let replacementsMax = 100

    private static func cannotWrite(_ failure: System.Failure, _ path: String) -> VectorIndexError {
        VectorIndexError(
            .cannotWrite, failure.description,
            remedy:
                "Check the directory, its permissions and the disk's free space; the index that was there is untouched.",
            file: path, systemError: failure.number)
    }

    private static func zeroPage() -> UnsafeRawBufferPointer { zeros.bytes(count: IndexFormat.pageBytes) }
    private static let zeros = AlignedBuffer<UInt8>(count: IndexFormat.pageBytes)
}
