/// One index file, mapped and unchanging: any number of threads search it at once.
///
/// The mapping goes when the last reference does. See ``LiveIndex`` for changes and new generations under load.
public final class Snapshot: Sendable {
    /// What the file says about itself.
    public let info: SnapshotInfo
    let view: SnapshotView
    let pool = ScratchPool()

    /// Maps and checks a file.
    ///
    /// - Parameters:
    ///   - path: the file; it may be renamed or removed while it is mapped, never shortened or written to.
    ///   - verification: see ``Verification``.
    ///   - modelFingerprint: when given, an index of another model is refused.
    /// - Throws: an error that names the file, section, offset and remedy.
    public convenience init(
        path: String, verification: Verification = .full, modelFingerprint: String? = nil
    ) throws(VectorIndexError) {
        try self.init(path: path, verification: verification, modelFingerprint: modelFingerprint, entry: .sampled)
    }

    /// The same, with a choice for measurements of where searches enter the graph.
    package init(
        path: String, verification: Verification = .full, modelFingerprint: String? = nil, entry: EntryChoice
    ) throws(VectorIndexError) {
        let file = try MappedFile(path: path)
        let page = Array(file.bytes.prefix(IndexFormat.pageBytes))
        let layout = try SnapshotLayout.read(page: page, fileLength: file.bytes.count, file: path)
        view = try SnapshotView(file: file, layout: layout, entry: entry)
        if case .full = verification { try SnapshotVerifier(view: view, threads: System.processors).verify() }
        info = SnapshotInfo(view)
        if let modelFingerprint, modelFingerprint != info.modelFingerprint {
            throw VectorIndexError(
                .fingerprintMismatch,
                "the index was built with the model \"\(info.modelFingerprint)\", not \"\(modelFingerprint)\"",
                remedy: "Rebuild the index with the model in use.", file: path, section: "header",
                offset: UInt64(FileHeader.Offset.fingerprint.lowerBound))
        }
    }

    /// The vector of an id, as it is stored: of unit length under cosine. - Complexity: O(log n).
    public func vector(id: UInt64) -> [Float]? {
        view.node(of: id).map {
            Array(UnsafeBufferPointer(start: view.exact.base + $0 * view.dimensions, count: view.dimensions))
        }
    }

    /// All ids, ascending. - Complexity: O(n), as they are put into a new array.
    public var ids: [UInt64] {
        (0..<view.count).compactMap { i in
            let position = Int(view.idOrder[i])
            return position < view.count ? view.ids[position] : nil
        }
    }

    /// Reads the whole file once more and compares the content hash with the header's.
    package func verifyContentHash() throws(VectorIndexError) {
        var page = HeaderPage(bytes: Array(view.file.bytes.prefix(IndexFormat.pageBytes)))
        page[FileHeader.Offset.contentHash] = []
        page[FileHeader.Offset.crc32c, as: UInt32.self] = 0
        let sections = view.layout.sections.map { section in
            let start = Int(section.offset)
            return UnsafeRawBufferPointer(rebasing: view.file.bytes[start..<start + Int(section.length)])
        }
        let actual = ContentHash.of(sections, page: page, threads: System.processors)
        guard actual == view.layout.header.contentHash else {
            throw VectorIndexError(
                .damaged, "the content hash is \(hex(actual)) and should be \(info.contentHash)",
                remedy: VectorIndexError.rebuild, file: view.file.path, section: "header",
                offset: UInt64(FileHeader.Offset.contentHash.lowerBound))
        }
    }
}
