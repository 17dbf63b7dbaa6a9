import CBLAS

/// A built snapshot on its way to disk: the header's fields, and each section's bytes as docs/INDEX_FORMAT.md lays them
/// out.
struct SnapshotFile {
    private var header = FileHeader()
    private let order: NodeOrder
    private let graph: BuiltGraph?
    private let dimensions: Int
    private let metric: Metric
    private let labels: [UInt64: [Label]]
    private let growth: Growth?
    private var file: SectionWriter

    private static let bufferBytes = 4 << 20

    init(
        builder: SnapshotBuilder, order: NodeOrder, graph: BuiltGraph?, growth: Growth?, path: String
    ) throws(VectorIndexError) {
        let parameters = builder.parameters
        dimensions = builder.dimensions
        metric = builder.metric
        labels = builder.labels
        self.growth = growth
        self.order = order
        self.graph = graph
        header.count = UInt64(order.ids.count)
        header.nodes = UInt64(order.inputs.count)
        header.dimensions = UInt32(dimensions)
        header.metric = metric
        header.efConstruction = UInt32(parameters.efConstruction)
        header.targetRecall = Float(parameters.targetRecall)
        header.exactScanMax = UInt32(parameters.exactScanMax)
        header.seed = parameters.seed
        header.sourceVersion = parameters.sourceVersion
        header.fingerprint = parameters.modelFingerprint
        if let graph {
            header.codeKind = graph.store.layout.planes == 1 ? .packed1 : .packed2
            header.codeBytes = UInt32(graph.store.layout.codeBytes)
            header.degree = UInt32(parameters.degree)
            header.upperDegree = UInt32(parameters.upperDegree)
            header.layers = UInt32(graph.upper.count)
            header.scale = graph.store.encoding.scale
            header.commonLength = graph.store.encoding.commonLength
        }
        file = try SectionWriter(path: path)
    }

    mutating func write(
        _ vectors: UnsafeBufferPointer<Float>, progress: (Int, Int) -> Void
    ) throws(VectorIndexError) {
        let nodes = order.inputs.count
        if let graph {
            try writeRows(graph) { progress($0, 2 * nodes) }
            if !graph.upper.isEmpty { try writeUpper(graph) }
            if metric == .squaredL2 { try writeArray(.center, graph.store.encoding.center) }
        }
        if let graph, !graph.calibration.isEmpty {
            try writeArray(
                .calibration, graph.calibration.flatMap(\.bytes), stride: CalibrationPoint.stride, isOptional: true)
        }
        if let graph, !graph.selfTest.isEmpty {
            try writeArray(.selfTest, graph.selfTest, stride: 4 * (Int(graph.selfTest[1]) + 1), isOptional: true)
        }
        try writeExact(vectors) { progress(nodes + $0, 2 * nodes) }
        try writeArray(.ids, order.ids)
        try writeArray(.idOrder, order.idOrder)
        if let starts = order.groupStarts { try writeArray(.groups, starts) }
        if !labels.isEmpty { try writeLabels() }
        if let growth { try writeArray(.growth, growth.numbers, isOptional: true) }
        try file.finish(header)
    }

    func install() throws(VectorIndexError) -> SnapshotInfo { try file.install() }

    private mutating func writeRows(_ graph: BuiltGraph, progress: (Int) -> Void) throws(VectorIndexError) {
        let store = graph.store
        let stride = store.layout.stride
        let perBuffer = max(1, Self.bufferBytes / stride)
        file.begin(.rows, stride: stride)
        for start in Swift.stride(from: 0, to: store.nodes, by: perBuffer) {
            let end = min(start + perBuffer, store.nodes)
            try file.append(UnsafeRawBufferPointer(start: store.row(start), count: (end - start) * stride))
            progress(end)
        }
        try file.end()
    }

    /// A directory of the levels' sizes, padded to a cache line, then level after level its nodes' slots.
    private mutating func writeUpper(_ graph: BuiltGraph) throws(VectorIndexError) {
        let degree = Int(header.upperDegree)
        file.begin(.upper, stride: 4 * degree)
        var directory = [UInt32](repeating: 0, count: UpperLayout.directoryBytes / 4)
        for (i, level) in graph.upper.enumerated() { directory[i] = UInt32(level.nodes) }
        try append(directory)
        for level in graph.upper {
            let slots = level.slots(graph.order, degree: degree)
            try file.append(slots.bytes(count: level.nodes * degree))
        }
        try file.end()
    }

    private mutating func writeLabels() throws(VectorIndexError) {
        let sections = try LabelSections(order.ids.map { Array(Set(labels[$0] ?? [])) })
        try writeArray(.labels, sections.entries, stride: LabelIndex.entryBytes, isOptional: true)
        try writeArray(.labelText, sections.text, isOptional: true)
        try writeArray(.labelPostings, sections.postings, isOptional: true)
    }

    private mutating func writeExact(
        _ vectors: UnsafeBufferPointer<Float>, progress: (Int) -> Void
    ) throws(VectorIndexError) {
        let perBuffer = max(1, Self.bufferBytes / (4 * dimensions))
        let gathered = AlignedBuffer<Float>(count: perBuffer * dimensions)
        file.begin(.exact, stride: 4 * dimensions)
        for start in stride(from: 0, to: order.inputs.count, by: perBuffer) {
            let end = min(start + perBuffer, order.inputs.count)
            for node in start..<end {
                (gathered.base + (node - start) * dimensions)
                    .update(from: vectors.baseAddress! + order.inputs[node] * dimensions, count: dimensions)
            }
            try file.append(gathered.bytes(count: (end - start) * dimensions))
            progress(end)
        }
        try file.end()
    }

    private mutating func writeArray<Element: BitwiseCopyable>(
        _ tag: SectionTag, _ values: [Element], stride: Int = MemoryLayout<Element>.stride, isOptional: Bool = false
    ) throws(VectorIndexError) {
        file.begin(tag, stride: stride, isOptional: isOptional)
        try append(values)
        try file.end()
    }

    private mutating func append<Element: BitwiseCopyable>(_ values: [Element]) throws(VectorIndexError) {
        try values.withUnsafeBufferPointer { values throws(VectorIndexError) in
            try file.append(UnsafeRawBufferPointer(values))
        }
    }
}

/// Where the levels lie in UPPR.
enum UpperLayout {
    /// Up to `IndexFormat.layersMax` sizes of 4 bytes.
    static let directoryBytes = 64
}
