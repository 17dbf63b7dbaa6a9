/// The sections of a mapped snapshot as pointers.
///
/// `@unchecked Sendable`: it points into a mapping that nothing writes and that `file` keeps alive. All offsets come
/// from a `SnapshotLayout`, which has checked that they lie in the file; numbers read out of sections are checked where
/// they are used.
struct SnapshotView: @unchecked Sendable {
    let file: MappedFile
    let layout: SnapshotLayout
    let nodes: Int
    let count: Int
    let dimensions: Int
    let rowLayout: RowLayout
    let rows: UnsafePointer<UInt8>?
    let exact: ExactVectors
    let ids: UnsafePointer<UInt64>
    let idOrder: UnsafePointer<UInt32>
    let groupStarts: UnsafePointer<UInt32>?
    /// Levels 1, 2, ...: how many nodes they have, and their slots.
    let upper: [(nodes: Int, slots: UnsafePointer<UInt32>)]
    let upperDegree: Int
    /// The graph, where there is one.
    let graph: GraphSearch?
    let calibration: Calibration
    let growth: Growth?
    /// Where ids have labels.
    let labels: LabelIndex?
    let selfTest: SelfTest?

    init(file: MappedFile, layout: SnapshotLayout, entry: EntryChoice) throws(VectorIndexError) {
        self.file = file
        self.layout = layout
        let header = layout.header
        nodes = Int(header.nodes)
        count = Int(header.count)
        dimensions = Int(header.dimensions)
        rowLayout = layout.rowLayout
        upperDegree = Int(header.upperDegree)
        let base = file.bytes.baseAddress!
        func section<Element>(_ tag: SectionTag, as type: Element.Type) -> UnsafePointer<Element>? {
            layout.section(tag).map { (base + Int($0.offset)).assumingMemoryBound(to: Element.self) }
        }
        rows = section(.rows, as: UInt8.self)
        exact = ExactVectors(
            base: section(.exact, as: Float.self)!, count: nodes, dimensions: dimensions, metric: header.metric)
        ids = section(.ids, as: UInt64.self)!
        idOrder = section(.idOrder, as: UInt32.self)!
        groupStarts = section(.groups, as: UInt32.self)
        upper = try Self.upperLevels(of: layout, base: base, file: file.path)
        calibration = Calibration(points: CalibrationPoint.read(section(.calibration, as: UInt8.self), layout))
        selfTest = SelfTest(section(.selfTest, as: UInt32.self), layout)
        growth = section(.growth, as: UInt64.self).map { Growth($0) }
        labels = Self.labels(of: layout, base: base)
        guard header.codeKind != .none else {
            graph = nil
            return
        }
        let center = section(.center, as: Float.self).map {
            Array(UnsafeBufferPointer(start: $0, count: Int(header.dimensions)))
        }
        let encoding = Encoding(
            dimensions: dimensions, seed: header.seed, scale: header.scale, center: center ?? [],
            commonLength: header.commonLength)
        let walk = GraphWalk(
            rows: rows!, nodes: nodes, layout: rowLayout, unit: encoding.unit, vectors: exact)
        let descent =
            entry == .upperLevels && !upper.isEmpty ? UpperDescent(levels: upper, degree: upperDegree) : nil
        graph = GraphSearch(
            walk: walk, entries: EntryPoints(walk, count: min(nodes, EntryPoints.countMax)), descent: descent,
            encoding: encoding, vectors: exact, vectorOfNode: nil,
            ids: groupStarts == nil ? ids : nil)
    }

    private static func labels(of layout: SnapshotLayout, base: UnsafeRawPointer) -> LabelIndex? {
        guard let entries = layout.section(.labels), let text = layout.section(.labelText),
            let postings = layout.section(.labelPostings)
        else { return nil }
        func start<Element>(_ section: SectionEntry, as type: Element.Type) -> UnsafePointer<Element> {
            (base + Int(section.offset)).assumingMemoryBound(to: Element.self)
        }
        return LabelIndex(
            entries: start(entries, as: UInt8.self), count: Int(entries.length) / LabelIndex.entryBytes,
            text: UnsafeBufferPointer(start: start(text, as: UInt8.self), count: Int(text.length)),
            postings: UnsafeBufferPointer(start: start(postings, as: UInt32.self), count: Int(postings.length) / 4))
    }

    /// Reads the directory of UPPR and reconciles it with the section's length.
    private static func upperLevels(
        of layout: SnapshotLayout, base: UnsafeRawPointer, file: String
    ) throws(VectorIndexError) -> [(nodes: Int, slots: UnsafePointer<UInt32>)] {
        guard let section = layout.section(.upper) else { return [] }
        func damaged(_ what: String, at offset: Int) -> VectorIndexError {
            VectorIndexError(
                .damaged, what, remedy: VectorIndexError.rebuild, file: file, section: section.tag.description,
                offset: section.offset + UInt64(offset))
        }
        let length = Int(section.length)
        guard length >= UpperLayout.directoryBytes else { throw damaged("it is shorter than its directory", at: 0) }
        let start = base + Int(section.offset)
        let degree = Int(layout.header.upperDegree)
        var levels: [(nodes: Int, slots: UnsafePointer<UInt32>)] = []
        var below = Int(layout.header.nodes)
        var offset = UpperLayout.directoryBytes
        for i in 0..<UpperLayout.directoryBytes / 4 {
            let size = Int((start + 4 * i).loadUnaligned(as: UInt32.self))
            guard i < Int(layout.header.layers) else {
                guard size == 0 else { throw damaged("it has more levels than the header says", at: 4 * i) }
                continue
            }
            guard size >= 1, size <= below, size * degree * 4 <= length - offset else {
                throw damaged("level \(i + 1) cannot have \(size) nodes", at: 4 * i)
            }
            levels.append((size, (start + offset).assumingMemoryBound(to: UInt32.self)))
            offset += size * degree * 4
            below = size
        }
        guard offset == length else { throw damaged("its levels end before it does", at: offset) }
        return levels
    }

    @inline(__always)
    func neighbors(ofRow node: Int) -> UnsafePointer<UInt32> {
        UnsafeRawPointer(rows! + node * rowLayout.stride + rowLayout.neighborsOffset).assumingMemoryBound(
            to: UInt32.self)
    }

    /// Positions in `ids` of a node's ids, clipped to what is there.
    func idPositions(of node: Int) -> Range<Int> {
        guard let groupStarts else { return node..<node + 1 }
        let start = min(Int(groupStarts[node]), count)
        return start..<max(start, min(Int(groupStarts[node + 1]), count))
    }

    /// The node that holds an id. - Complexity: O(log n).
    func node(of id: UInt64) -> Int? { position(of: id).flatMap { node(atPosition: $0) } }

    /// Where an id stands in `ids`. - Complexity: O(log n).
    func position(of id: UInt64) -> Int? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let position = Int(idOrder[middle])
            guard position < count else { return nil }
            if ids[position] == id { return position }
            range = ids[position] < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    private func node(atPosition position: Int) -> Int? {
        guard let groupStarts else { return position }
        var range = 0..<nodes
        while range.count > 1 {
            let middle = range.lowerBound + range.count / 2
            range = Int(groupStarts[middle]) <= position ? middle..<range.upperBound : range.lowerBound..<middle
        }
        return range.first
    }
}
