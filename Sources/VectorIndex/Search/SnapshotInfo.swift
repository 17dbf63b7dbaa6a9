/// What a snapshot file says about itself.
public struct SnapshotInfo: Sendable, Equatable {
    public struct Section: Sendable, Equatable {
        public var tag: String
        public var offset: UInt64
        public var length: UInt64
        public var stride: UInt64
        public var crc32c: UInt32
    }

    public var formatVersion: String
    /// Ids.
    public var count: Int
    /// Different vectors; fewer than ids when equal vectors were collapsed.
    public var nodes: Int
    public var dimensions: Int
    public var metric: Metric
    /// How rows are coded, in words.
    public var codeKind: String
    /// Whether it is searched through a graph; otherwise it is scanned exactly.
    public var hasGraph: Bool
    public var degree: Int
    /// Bits a coordinate of the neighbours' codes in a row; nil when the index is scanned.
    public var neighborBits: Int?
    public var upperDegree: Int
    public var layers: Int
    public var efConstruction: Int
    /// The recall that searches aim for which do not say one.
    public var targetRecall: Double
    /// What the builder measured, by k and slack; empty when the index is scanned.
    public var calibration: [CalibrationPoint]
    /// Bytes of a node's row; 0 when the index is scanned.
    public var rowBytes: Int
    /// Whether the file holds sample queries; see `Snapshot.selfTest`.
    public var hasSelfTest: Bool
    public var exactScanMax: Int
    public var seed: UInt64
    public var modelFingerprint: String
    /// The caller's high-water mark at the time of building.
    public var sourceVersion: UInt64
    /// SHA-256 of the content, in hexadecimal: names this generation.
    public var contentHash: String
    public var bytes: Int
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
