/// What a snapshot file says about itself.
public struct SnapshotInfo: Sendable, Equatable {
    /// One line of the file's section table.
    public struct Section: Sendable, Equatable {
        /// Its name in `docs/INDEX_FORMAT.md`, without blanks at the end.
        public var tag: String
        /// Bytes from the start of the file.
        public var offset: UInt64
        /// Bytes, without the padding behind it.
        public var length: UInt64
        /// Bytes of an element.
        public var stride: UInt64
        /// The checksum of its bytes.
        public var crc32c: UInt32
    }

    /// Major and minor version of the file's format; see <doc:FileCompatibility>.
    public var formatVersion: String
    /// Ids, which is how many vectors were added.
    public var count: Int
    /// Different vectors; fewer than ids when equal vectors were collapsed.
    public var nodes: Int
    /// Of every vector and every query.
    public var dimensions: Int
    /// How nearness is measured.
    public var metric: Metric
    /// How rows are coded, in words.
    public var codeKind: String
    /// Whether it is searched through a graph; otherwise it is scanned exactly.
    public var hasGraph: Bool
    /// Neighbour slots of a node on level 0; 0 without a graph.
    public var degree: Int
    /// Bits a coordinate of the neighbours' codes in a row; nil when the index is scanned.
    public var neighborBits: Int?
    /// Neighbour slots of a node on the levels above; 0 without a graph.
    public var upperDegree: Int
    /// Levels above level 0.
    public var layers: Int
    /// What the graph was built with; see ``BuildParameters/efConstruction``.
    public var efConstruction: Int
    /// The recall that searches aim for which do not say one.
    public var targetRecall: Double
    /// What the builder measured, by k and slack; empty when the index is scanned.
    public var calibration: [CalibrationPoint]
    /// Bytes of a node's row; 0 when the index is scanned.
    public var rowBytes: Int
    /// Whether the file holds sample queries; see ``Snapshot/selfTest()``.
    public var hasSelfTest: Bool
    /// How far the graph was extended since it was built as a whole; nil when it was not.
    public var growth: Growth?
    /// The builder's limit; see ``BuildParameters/exactScanMax``.
    public var exactScanMax: Int
    /// What the builder's random numbers came from.
    public var seed: UInt64
    /// The embedding model that the vectors come from, as the builder was told; empty when it was not.
    public var modelFingerprint: String
    /// The caller's high-water mark at the time of building.
    public var sourceVersion: UInt64
    /// SHA-256 of the content, in hexadecimal: names this generation.
    public var contentHash: String
    /// Of the whole file.
    public var bytes: Int
    /// In the order of the file.
    public var sections: [Section]

    init(_ view: SnapshotView) {
        let layout = view.layout
        let header = layout.header
        formatVersion = "\(IndexFormat.majorVersion).\(header.minorVersion)"
        count = Int(header.count)
        nodes = Int(header.nodes)
        dimensions = Int(header.dimensions)
        metric = header.metric
        codeKind = header.codeKind.name
        hasGraph = header.codeKind != .none
        degree = Int(header.degree)
        neighborBits = header.codeKind == .none ? nil : header.codeKind.planes
        upperDegree = Int(header.upperDegree)
        layers = Int(header.layers)
        efConstruction = Int(header.efConstruction)
        // From the file's digits, so that 0.98 is 0.98 again.
        targetRecall = Double("\(header.targetRecall)") ?? Double(header.targetRecall)
        calibration = view.calibration.points
        rowBytes = header.codeKind == .none ? 0 : layout.rowLayout.stride
        hasSelfTest = view.selfTest != nil
        growth = view.growth
        exactScanMax = Int(header.exactScanMax)
        seed = header.seed
        modelFingerprint = header.fingerprint
        sourceVersion = header.sourceVersion
        contentHash = hex(header.contentHash)
        bytes = Int(header.fileLength)
        sections = layout.sections.map {
            Section(tag: $0.tag.description, offset: $0.offset, length: $0.length, stride: $0.stride, crc32c: $0.crc32c)
        }
    }
}
