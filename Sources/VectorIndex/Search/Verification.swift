/// How much of a file is checked when it is opened.
public enum Verification: Sendable {
    /// Everything: all checksums, and that every number that names a node or an id names one that is there. The
    /// default.
    case full
    /// The first page, and that all sizes agree with each other and with the file's length. Searches stay inside the
    /// file all the same.
    case fast
}

/// The checks of a full verification, section by section.
struct SnapshotVerifier {
    let view: SnapshotView
    let threads: Int

    func verify() throws(VectorIndexError) {
        for section in view.layout.sections { try verifyChecksum(section) }
        try verifyRows()
        try verifyUpper()
        try verifyGroups()
        try verifyIDs()
        try verifyLabels()
    }

    private func damaged(_ what: String, _ section: SectionEntry, at offset: Int) -> VectorIndexError {
        VectorIndexError(
            .damaged, what, remedy: VectorIndexError.rebuild, file: view.file.path, section: section.tag.description,
            offset: section.offset + UInt64(offset))
    }

    private func verifyChecksum(_ section: SectionEntry) throws(VectorIndexError) {
        let start = Int(section.offset)
        let end = start + Int(section.length)
        view.file.populate(start..<end)
        let actual = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: view.file.bytes[start..<end]), threads: threads)
        guard actual == section.crc32c else {
            throw damaged("the checksum is \(hex(actual)) and should be \(hex(section.crc32c))", section, at: 0)
        }
        guard let padded = section.paddedEnd,
            let offset = (end..<Int(padded)).first(where: { view.file.bytes[$0] != 0 })
        else {
            return
        }
        throw damaged("the padding behind the section is not zero", section, at: offset - start)
    }

    private func verifyRows() throws(VectorIndexError) {
        guard let section = view.layout.section(.rows) else { return }
        let nodes = UInt32(view.nodes)
        for node in 0..<view.nodes {
            let slots = view.neighbors(ofRow: node)
            var largest: UInt32 = 0
            for slot in 0..<view.rowLayout.degree { largest = max(largest, slots[slot]) }
            guard largest < nodes else {
                throw damaged(
                    "node \(node) has neighbour \(largest) of \(nodes) nodes", section,
                    at: node * view.rowLayout.stride + view.rowLayout.neighborsOffset)
            }
        }
    }

    private func verifyUpper() throws(VectorIndexError) {
        guard let section = view.layout.section(.upper) else { return }
        var offset = UpperLayout.directoryBytes
        for level in view.upper {
            for i in 0..<level.nodes * view.upperDegree where level.slots[i] >= UInt32(level.nodes) {
                throw damaged(
                    "neighbour \(level.slots[i]) is not one of \(level.nodes) nodes", section, at: offset + 4 * i)
            }
            offset += 4 * level.nodes * view.upperDegree
        }
    }

    private func verifyGroups() throws(VectorIndexError) {
        guard let section = view.layout.section(.groups), let starts = view.groupStarts else { return }
        guard starts[0] == 0 else { throw damaged("the first group does not start at 0", section, at: 0) }
        for node in 0..<view.nodes where starts[node + 1] <= starts[node] {
            throw damaged("node \(node) has no ids", section, at: 4 * node)
        }
        guard starts[view.nodes] == UInt32(view.count) else {
            throw damaged("the groups do not end at \(view.count)", section, at: 4 * view.nodes)
        }
    }

    /// Labels that ascend strictly, each with positions that do.
    private func verifyLabels() throws(VectorIndexError) {
        guard let labels = view.labels, let section = view.layout.section(.labels),
            let text = view.layout.section(.labelText), let postings = view.layout.section(.labelPostings)
        else { return }
        let bytes = view.file.bytes[Int(text.offset)..<Int(text.offset + text.length)]
        var textStart = 0
        var postingsStart: UInt64 = 0
        var previous: Label?
        for i in 0..<labels.count {
            let at = LabelIndex.entryBytes * i
            let entry = labels.entry(i)
            guard entry.postingsEnd >= postingsStart, entry.postingsEnd * 4 <= postings.length else {
                throw damaged("label \(i) has no postings of its own", section, at: at)
            }
            let textEnd = Int(entry.textEnd)
            guard textEnd <= bytes.count, entry.fieldBytes >= 1, textStart + Int(entry.fieldBytes) <= textEnd,
                String(validating: bytes.dropFirst(textStart).prefix(textEnd - textStart), as: UTF8.self) != nil
            else { throw damaged("label \(i) has no text of its own", section, at: at + 8) }
            let label = labels.label(i)
            if let previous, previous >= label { throw damaged("labels are not in ascending order", section, at: at) }
            let own = labels.postings(i)
            for j in own.indices where own[j] >= UInt32(view.count) || (j > 0 && own[j] <= own[j - 1]) {
                throw damaged(
                    "position \(own[j]) of label \(i) is out of order, or not one of \(view.count)", postings,
                    at: 4 * (Int(postingsStart) + j))
            }
            (textStart, postingsStart, previous) = (textEnd, entry.postingsEnd, label)
        }
        guard textStart == bytes.count, postingsStart * 4 == postings.length else {
            throw damaged("the labels end before their text and postings", section, at: Int(section.length))
        }
    }

    /// Strictly ascending ids at positions that are all there: so each position occurs once.
    private func verifyIDs() throws(VectorIndexError) {
        guard let section = view.layout.section(.idOrder) else { return }
        var previous: UInt64?
        for i in 0..<view.count {
            let position = Int(view.idOrder[i])
            guard position < view.count else {
                throw damaged("position \(position) is not one of \(view.count) ids", section, at: 4 * i)
            }
            let id = view.ids[position]
            if let previous, previous >= id { throw damaged("ids are not in ascending order", section, at: 4 * i) }
            previous = id
        }
    }
}
