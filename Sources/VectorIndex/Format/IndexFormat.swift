/// The numbers that docs/INDEX_FORMAT.md fixes; the writer and the reader both take them from here.
enum IndexFormat {
    /// As in PNG: a high bit, a name, and line ends that text-mode copies would change.
    static let magic: [UInt8] = [0x89, 0x4E, 0x58, 0x49, 0x0D, 0x0A, 0x1A, 0x0A]
    static let majorVersion: UInt16 = 1
    static let minorVersion: UInt16 = 0
    static let byteOrderTag: UInt32 = 0x0A0B_0C0D

    /// Sections start on pages, and the header with the section table is the first page.
    static let pageBytes = 4096
    static let sectionTableOffset = 512
    static let sectionEntryBytes = 64
    static let sectionsMax = (pageBytes - sectionTableOffset) / sectionEntryBytes
    static let fingerprintBytesMax = 128

    static let dimensionsMax = 4096
    /// Node numbers leave one bit of 32 to the search's lists.
    static let nodesMax = 1 << 31 - 1
    static let degreeMax = 256
    static let layersMax = 16
    static let efMax = 1 << 20

    /// Codes are padded to whole cache lines.
    static let lineBytes = 64

    static func rounded(_ value: Int, to multiple: Int) -> Int { (value + multiple - 1) / multiple * multiple }
}

/// How a row says where its node lies.
package enum CodeKind: UInt32, Sendable {
    /// No rows and no graph: the index is small and is scanned exactly.
    case none = 0
    /// Layout A: the node's own rotated 8-bit code, then its neighbours' numbers.
    case int8 = 1

    package var name: String {
        switch self {
        case .none: "none (scanned exactly)"
        case .int8: "int8 code and neighbour ids (layout A)"
        }
    }
}

/// The layout of a row of `CodeKind.int8`.
struct RowLayout: Equatable {
    /// The own code, one byte a coordinate: dimensions rounded up to cache lines.
    let codeBytes: Int
    /// Neighbour slots; an empty one holds the node's own number.
    let degree: Int
    /// Squared Euclidean distance needs the code's own sum of squares beside its neighbours.
    let hasNorm: Bool

    init(dimensions: Int, degree: Int, metric: Metric) {
        codeBytes = IndexFormat.rounded(dimensions, to: IndexFormat.lineBytes)
        self.degree = degree
        hasNorm = metric == .squaredL2
    }

    var neighborsOffset: Int { codeBytes }
    var normOffset: Int { codeBytes + 4 * degree }
    var stride: Int { IndexFormat.rounded(normOffset + (hasNorm ? 4 : 0), to: IndexFormat.lineBytes) }
}
