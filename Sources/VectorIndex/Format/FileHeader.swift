/// What the first 512 bytes of an index file say about all the rest.
struct FileHeader: Equatable {
    var minorVersion = IndexFormat.minorVersion
    var fileLength: UInt64 = 0
    /// Ids; at least as many as nodes.
    var count: UInt64 = 0
    /// Different vectors.
    var nodes: UInt64 = 0
    var dimensions: UInt32 = 0
    var metric = Metric.cosine
    var codeKind = CodeKind.none
    var codeBytes: UInt32 = 0
    var degree: UInt32 = 0
    var upperDegree: UInt32 = 0
    var layers: UInt32 = 0
    var efConstruction: UInt32 = 0
    /// The recall that searches aim for which do not say one.
    var targetRecall: Float = 0
    /// Code units per unit of length.
    var scale: Float = 0
    /// The length that codes' vectors were brought to by one more coordinate; 0 when they were not.
    var commonLength: Float = 0
    var seed: UInt64 = 0
    var sourceVersion: UInt64 = 0
    var exactScanMax: UInt32 = 0
    var contentHash = [UInt8](repeating: 0, count: 32)
    var fingerprint = ""

    enum Offset {
        static let magic = 0, majorVersion = 8, minorVersion = 10, byteOrder = 12, fileLength = 16, count = 24,
            nodes = 32
        static let dimensions = 40, metric = 44, codeKind = 48, codeBytes = 52, degree = 56, upperDegree = 60,
            layers = 64
        static let efConstruction = 68, targetRecall = 72, scale = 76, seed = 80, sourceVersion = 88, sectionCount = 96
        static let exactScanMax = 100, commonLength = 104, reserved1 = 108..<128, contentHash = 128..<160,
            fingerprint = 160..<288
        static let reserved2 = 288..<508, crc32c = 508
    }

    /// Writes all but the section table's entries and the CRC.
    func write(to page: inout HeaderPage) {
        page[0..<8] = IndexFormat.magic
        page[Offset.majorVersion, as: UInt16.self] = IndexFormat.majorVersion
        page[Offset.minorVersion, as: UInt16.self] = minorVersion
        page[Offset.byteOrder, as: UInt32.self] = IndexFormat.byteOrderTag
        page[Offset.fileLength, as: UInt64.self] = fileLength
        page[Offset.count, as: UInt64.self] = count
        page[Offset.nodes, as: UInt64.self] = nodes
        page[Offset.dimensions, as: UInt32.self] = dimensions
        page[Offset.metric, as: UInt32.self] = metric.rawValue
        page[Offset.codeKind, as: UInt32.self] = codeKind.rawValue
        page[Offset.codeBytes, as: UInt32.self] = codeBytes
        page[Offset.degree, as: UInt32.self] = degree
        page[Offset.upperDegree, as: UInt32.self] = upperDegree
        page[Offset.layers, as: UInt32.self] = layers
        page[Offset.efConstruction, as: UInt32.self] = efConstruction
        page[Offset.targetRecall, as: UInt32.self] = targetRecall.bitPattern
        page[Offset.scale, as: UInt32.self] = scale.bitPattern
        page[Offset.commonLength, as: UInt32.self] = commonLength.bitPattern
        page[Offset.seed, as: UInt64.self] = seed
        page[Offset.sourceVersion, as: UInt64.self] = sourceVersion
        page[Offset.exactScanMax, as: UInt32.self] = exactScanMax
        page[Offset.contentHash] = contentHash
        page[Offset.fingerprint] = Array(fingerprint.utf8)
    }

    /// Reads the header of a page whose magic, version, byte order and CRC were checked; fields are checked one by one
    /// here.
    init(page: HeaderPage, file: String) throws(VectorIndexError) {
        func damaged(_ what: String, at offset: Int) -> VectorIndexError {
            VectorIndexError(
                .damaged, what, remedy: VectorIndexError.rebuild, file: file, section: "header", offset: UInt64(offset))
        }
        minorVersion = page[Offset.minorVersion, as: UInt16.self]
        fileLength = page[Offset.fileLength, as: UInt64.self]
        count = page[Offset.count, as: UInt64.self]
        nodes = page[Offset.nodes, as: UInt64.self]
        dimensions = page[Offset.dimensions, as: UInt32.self]
        guard let metric = Metric(rawValue: page[Offset.metric, as: UInt32.self]) else {
            throw damaged("unknown metric \(page[Offset.metric, as: UInt32.self])", at: Offset.metric)
        }
        self.metric = metric
        let codeNumber = page[Offset.codeKind, as: UInt32.self]
        guard let codeKind = CodeKind(rawValue: codeNumber) else {
            let isRetired = codeNumber == CodeKind.retired
            throw VectorIndexError(
                .unsupportedVersion,
                isRetired
                    ? "its rows are coded as in a development version (layout A, code kind \(codeNumber))"
                    : "its rows are coded in a way (code kind \(codeNumber)) that this version lacks",
                remedy: isRetired
                    ? "Rebuild the index with `index-tool build`."
                    : "Use a newer version, or rebuild the index with this one.",
                file: file, section: "header", offset: UInt64(Offset.codeKind))
        }
        self.codeKind = codeKind
        codeBytes = page[Offset.codeBytes, as: UInt32.self]
        degree = page[Offset.degree, as: UInt32.self]
        upperDegree = page[Offset.upperDegree, as: UInt32.self]
        layers = page[Offset.layers, as: UInt32.self]
        efConstruction = page[Offset.efConstruction, as: UInt32.self]
        targetRecall = Float(bitPattern: page[Offset.targetRecall, as: UInt32.self])
        scale = Float(bitPattern: page[Offset.scale, as: UInt32.self])
        commonLength = Float(bitPattern: page[Offset.commonLength, as: UInt32.self])
        seed = page[Offset.seed, as: UInt64.self]
        sourceVersion = page[Offset.sourceVersion, as: UInt64.self]
        exactScanMax = page[Offset.exactScanMax, as: UInt32.self]
        contentHash = page[Offset.contentHash]
        let fingerprintBytes = page[Offset.fingerprint].prefix { $0 != 0 }
        guard let fingerprint = String(validating: fingerprintBytes, as: UTF8.self) else {
            throw damaged("the model fingerprint is not UTF-8", at: Offset.fingerprint.lowerBound)
        }
        self.fingerprint = fingerprint
        let fingerprintEnd = Offset.fingerprint.lowerBound + fingerprintBytes.count
        for range in [Offset.reserved1, fingerprintEnd..<Offset.fingerprint.upperBound, Offset.reserved2] {
            if let offset = page.firstNonzero(in: range) { throw damaged("a reserved byte is not zero", at: offset) }
        }
        try checkRanges(damaged)
    }

    init() {}

    /// Numbers that make sense each by itself; how they agree with the sections is `SnapshotLayout`'s.
    private func checkRanges(_ damaged: (String, Int) -> VectorIndexError) throws(VectorIndexError) {
        guard dimensions >= 1, dimensions <= UInt32(IndexFormat.dimensionsMax) else {
            throw damaged("\(dimensions) dimensions are outside 1...\(IndexFormat.dimensionsMax)", Offset.dimensions)
        }
        guard nodes <= UInt64(IndexFormat.nodesMax), nodes <= count, count <= UInt64(UInt32.max),
            (nodes == 0) == (count == 0)
        else { throw damaged("\(count) ids of \(nodes) nodes cannot be", Offset.count) }
        guard targetRecall > 0, targetRecall <= 1 else {
            throw damaged("a target of recall of \(targetRecall) is not above 0 and up to 1", Offset.targetRecall)
        }
        guard codeKind != .none else {
            guard codeBytes == 0, degree == 0, upperDegree == 0, layers == 0, commonLength == 0,
                scale == 0
            else {
                throw damaged("an index without rows has a graph's numbers", Offset.codeKind)
            }
            return
        }
        guard nodes > 0 else { throw damaged("rows without nodes", Offset.nodes) }
        guard commonLength.isFinite, commonLength >= 0, commonLength == 0 || metric == .innerProduct else {
            throw damaged("the common length is not one", Offset.commonLength)
        }
        let expected = Encoding.codeBytes(dimensions: Int(dimensions), isLifted: commonLength > 0)
        guard codeBytes == UInt32(expected) else {
            throw damaged("a code of \(codeBytes) bytes does not fit \(dimensions) dimensions", Offset.codeBytes)
        }
        guard degree % UInt32(IndexFormat.blockSlots) == 0 else {
            throw damaged("degree \(degree) is not a multiple of \(IndexFormat.blockSlots)", Offset.degree)
        }
        for (value, offset) in [(degree, Offset.degree), (upperDegree, Offset.upperDegree)] {
            guard value >= 1, value <= UInt32(IndexFormat.degreeMax) else {
                throw damaged("degree \(value) is outside 1...\(IndexFormat.degreeMax)", offset)
            }
        }
        guard layers <= UInt32(IndexFormat.layersMax) else {
            throw damaged("\(layers) upper layers are more than \(IndexFormat.layersMax)", Offset.layers)
        }
        guard scale.isFinite, scale > 0 else {
            throw damaged("the codes' scale is not a positive number", Offset.scale)
        }
    }
}
