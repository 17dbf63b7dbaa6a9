import CBLAS

/// Where everything lies in a file, after header, section table and file length were checked and reconciled with each
/// other.
///
/// Reading it trusts nothing: what it returns can be addressed without leaving the file.
struct SnapshotLayout {
    var header: FileHeader
    /// In file order; unknown optional sections included.
    var sections: [SectionEntry]

    var rowLayout: RowLayout {
        RowLayout(
            codeBytes: Int(header.codeBytes), planes: header.codeKind.planes, degree: Int(header.degree),
            hasNorm: header.metric == .squaredL2)
    }

    /// A section of the version that this program reads; optional ones may have another and are as good as missing.
    func section(_ tag: SectionTag) -> SectionEntry? { sections.first { $0.tag == tag && $0.version == 1 } }

    /// - Parameters:
    ///   - page: the file's first page, or all of it when it is shorter.
    ///   - fileLength: as the operating system gives it.
    static func read(page bytes: [UInt8], fileLength: Int, file: String) throws(VectorIndexError) -> SnapshotLayout {
        let page = try checkedPage(bytes, fileLength: fileLength, file: file)
        let header = try FileHeader(page: page, file: file)
        guard header.fileLength == UInt64(fileLength) else {
            let isShort = UInt64(fileLength) < header.fileLength
            throw VectorIndexError(
                isShort ? .truncated : .damaged,
                "the file has \(fileLength) bytes and its header says \(header.fileLength)",
                remedy: isShort ? "Copy it again in full. \(VectorIndexError.rebuild)" : VectorIndexError.rebuild,
                file: file, section: isShort ? sectionName(page, at: fileLength) : "header",
                offset: UInt64(min(fileLength, Int(clamping: header.fileLength))))
        }
        let layout = SnapshotLayout(header: header, sections: try readTable(page, fileLength: fileLength, file: file))
        try layout.reconcile(file: file)
        return layout
    }

    private static func checkedPage(
        _ bytes: [UInt8], fileLength: Int, file: String
    ) throws(VectorIndexError) -> HeaderPage {
        guard fileLength > 0 else {
            throw VectorIndexError(
                .truncated, "the file is empty", remedy: VectorIndexError.rebuild, file: file, section: "header",
                offset: 0)
        }
        guard bytes.starts(with: IndexFormat.magic.prefix(fileLength)) else {
            throw VectorIndexError(
                .notAnIndex, "the file does not begin with a Nexify index's signature",
                remedy: "Name an index file that `index-tool build` wrote.", file: file, section: "header", offset: 0)
        }
        guard bytes.count == IndexFormat.pageBytes else {
            throw VectorIndexError(
                .truncated, "the file ends inside its first page", remedy: VectorIndexError.rebuild, file: file,
                section: "header", offset: UInt64(fileLength))
        }
        var page = HeaderPage(bytes: bytes)
        guard page[FileHeader.Offset.byteOrder, as: UInt32.self] == IndexFormat.byteOrderTag else {
            throw VectorIndexError(
                .foreignByteOrder, "the byte-order tag is not a little-endian machine's",
                remedy: VectorIndexError.rebuild,
                file: file, section: "header", offset: UInt64(FileHeader.Offset.byteOrder))
        }
        let major = page[FileHeader.Offset.majorVersion, as: UInt16.self]
        guard major == IndexFormat.majorVersion else {
            throw VectorIndexError(
                .unsupportedVersion,
                "the file has format version \(major); this program reads \(IndexFormat.majorVersion)",
                remedy: "Use a version of Nexify that reads it, or rebuild the index with this one.", file: file,
                section: "header", offset: UInt64(FileHeader.Offset.majorVersion))
        }
        let stored = page[FileHeader.Offset.crc32c, as: UInt32.self]
        page[FileHeader.Offset.crc32c, as: UInt32.self] = 0
        let actual = Checksum.crc32c(page.bytes)
        guard stored == actual else {
            throw VectorIndexError(
                .damaged, "the first page's checksum is \(hex(actual)) and should be \(hex(stored))",
                remedy: VectorIndexError.rebuild, file: file, section: "header", offset: 0)
        }
        return page
    }

    private static func readTable(
        _ page: HeaderPage, fileLength: Int, file: String
    ) throws(VectorIndexError) -> [SectionEntry] {
        func damaged(_ what: String, at offset: Int) -> VectorIndexError {
            VectorIndexError(
                .damaged, what, remedy: VectorIndexError.rebuild, file: file, section: "section table",
                offset: UInt64(offset))
        }
        let sectionCount = Int(page[FileHeader.Offset.sectionCount, as: UInt32.self])
        guard sectionCount <= IndexFormat.sectionsMax else {
            throw damaged(
                "\(sectionCount) sections are more than \(IndexFormat.sectionsMax)", at: FileHeader.Offset.sectionCount)
        }
        var sections: [SectionEntry] = []
        var end = UInt64(IndexFormat.pageBytes)
        for i in 0..<sectionCount {
            let at = IndexFormat.sectionTableOffset + i * IndexFormat.sectionEntryBytes
            let entry = SectionEntry(page: page, at: at)
            guard page[at + 6, as: UInt16.self] <= 1, page.firstNonzero(in: at + 36..<at + 64) == nil else {
                throw damaged("section \(entry.tag) sets a reserved byte", at: at)
            }
            guard !sections.contains(where: { $0.tag == entry.tag }) else {
                throw damaged("section \(entry.tag) stands twice", at: at)
            }
            guard entry.offset == end, let next = entry.paddedEnd, next <= UInt64(fileLength) else {
                throw damaged(
                    "section \(entry.tag) does not lie where the one before it ends, or leaves the file", at: at + 8)
            }
            end = next
            sections.append(entry)
        }
        let tableEnd = IndexFormat.sectionTableOffset + sectionCount * IndexFormat.sectionEntryBytes
        if let offset = page.firstNonzero(in: tableEnd..<IndexFormat.pageBytes) {
            throw damaged("bytes after the table are not zero", at: offset)
        }
        guard end == UInt64(fileLength) else {
            throw damaged("the sections end at \(end), not at the file's end", at: tableEnd)
        }
        return sections
    }

    /// Every section that must be there, no other that must be known, each with the length that the header's numbers
    /// give.
    private func reconcile(file: String) throws(VectorIndexError) {
        let nodes = header.nodes
        let dimensions = UInt64(header.dimensions)
        var expected: [SectionTag: (stride: UInt64, elements: UInt64?)] = [
            .exact: (4 * dimensions, nodes), .ids: (8, header.count), .idOrder: (4, header.count),
        ]
        if header.count != nodes { expected[.groups] = (4, nodes + 1) }
        if header.codeKind != .none {
            expected[.rows] = (UInt64(rowLayout.stride), nodes)
            if header.layers > 0 { expected[.upper] = (4 * UInt64(header.upperDegree), nil) }
            if header.metric == .squaredL2 { expected[.center] = (4, dimensions) }
        }
        try checkMeasures(file: file)
        try checkLabels(file: file)
        for entry in sections {
            func damaged(_ what: String) -> VectorIndexError {
                VectorIndexError(
                    .damaged, what, remedy: VectorIndexError.rebuild, file: file, section: entry.tag.description,
                    offset: entry.offset)
            }
            guard let rule = expected.removeValue(forKey: entry.tag) else {
                if SectionTag.voluntary.contains(entry.tag) { continue }
                // Nobody has checked its length, and whoever looks for its tag would take it.
                guard !SectionTag.known.contains(entry.tag) else {
                    throw damaged("the header leaves no place for the section")
                }
                if entry.isOptional { continue }
                throw VectorIndexError(
                    .unsupportedVersion, "the file has a section that this version does not know or expect",
                    remedy: "Use the version that wrote it, or rebuild the index with this one.", file: file,
                    section: entry.tag.description, offset: entry.offset)
            }
            guard entry.version == 1 else {
                throw VectorIndexError(
                    .unsupportedVersion, "the section has version \(entry.version); this program reads 1",
                    remedy: "Use the version that wrote it, or rebuild the index with this one.", file: file,
                    section: entry.tag.description, offset: entry.offset)
            }
            guard entry.stride == rule.stride else {
                throw damaged("a stride of \(entry.stride) bytes should be \(rule.stride)")
            }
            guard let elements = rule.elements else { continue }
            let (length, overflow) = rule.stride.multipliedReportingOverflow(by: elements)
            guard !overflow, entry.length == length else {
                throw damaged("\(entry.length) bytes are not \(elements) times \(rule.stride)")
            }
        }
        if let missing = expected.keys.map(\.description).sorted().first {
            throw VectorIndexError(
                .damaged, "the section is missing", remedy: VectorIndexError.rebuild, file: file, section: missing)
        }
    }

    /// What the builder measured: sections that may be missing, and that are read in any file that has them.
    private func checkMeasures(file: String) throws(VectorIndexError) {
        func damaged(_ entry: SectionEntry) -> VectorIndexError {
            VectorIndexError(
                .damaged, "\(entry.length) bytes are no whole number of elements of \(entry.stride)",
                remedy: VectorIndexError.rebuild, file: file, section: entry.tag.description, offset: entry.offset)
        }
        if let entry = section(.calibration) {
            let stride = UInt64(CalibrationPoint.stride)
            guard entry.stride == stride, entry.length % stride == 0, entry.length <= 1 << 16 else {
                throw damaged(entry)
            }
        }
        if let entry = section(.growth) {
            guard entry.stride == 8, entry.length == UInt64(Growth.bytes) else { throw damaged(entry) }
        }
        if let entry = section(.selfTest) {
            let header = UInt64(4 * SelfTest.headerNumbers)
            guard entry.stride >= 8, entry.stride <= 4096, entry.stride % 4 == 0, entry.length >= header,
                (entry.length - header) % entry.stride == 0
            else { throw damaged(entry) }
        }
    }

    /// Three sections that only make sense together.
    private func checkLabels(file: String) throws(VectorIndexError) {
        let strides: [(tag: SectionTag, stride: UInt64)] = [
            (.labels, UInt64(LabelIndex.entryBytes)), (.labelText, 1), (.labelPostings, 4),
        ]
        let present = strides.filter { section($0.tag) != nil }
        guard !present.isEmpty else { return }
        for (tag, stride) in strides {
            guard let entry = section(tag) else {
                throw VectorIndexError(
                    .damaged, "the section is missing beside \(present[0].tag)", remedy: VectorIndexError.rebuild,
                    file: file, section: tag.description)
            }
            guard entry.stride == stride, entry.length % stride == 0 else {
                throw VectorIndexError(
                    .damaged, "\(entry.length) bytes are no whole number of elements of \(entry.stride)",
                    remedy: VectorIndexError.rebuild, file: file, section: tag.description, offset: entry.offset)
            }
        }
    }

    /// The section that a file ends in, as far as a table that is not checked yet can tell.
    private static func sectionName(_ page: HeaderPage, at fileLength: Int) -> String {
        let sectionCount = min(Int(page[FileHeader.Offset.sectionCount, as: UInt32.self]), IndexFormat.sectionsMax)
        let entries = (0..<sectionCount).map {
            SectionEntry(page: page, at: IndexFormat.sectionTableOffset + $0 * IndexFormat.sectionEntryBytes)
        }
        return entries.last { $0.offset <= UInt64(fileLength) }?.tag.description ?? "header"
    }
}

extension SectionEntry {
    init(page: HeaderPage, at offset: Int) {
        tag = SectionTag(rawValue: page[offset, as: UInt32.self])
        version = page[offset + 4, as: UInt16.self]
        isOptional = page[offset + 6, as: UInt16.self] & 1 != 0
        self.offset = page[offset + 8, as: UInt64.self]
        length = page[offset + 16, as: UInt64.self]
        stride = page[offset + 24, as: UInt64.self]
        crc32c = page[offset + 32, as: UInt32.self]
    }

    func write(to page: inout HeaderPage, at offset: Int) {
        page[offset, as: UInt32.self] = tag.rawValue
        page[offset + 4, as: UInt16.self] = version
        page[offset + 6, as: UInt16.self] = isOptional ? 1 : 0
        page[offset + 8, as: UInt64.self] = self.offset
        page[offset + 16, as: UInt64.self] = length
        page[offset + 24, as: UInt64.self] = stride
        page[offset + 32, as: UInt32.self] = crc32c
    }
}
