import CBLAS

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
    /// Neighbour slots that are scored together.
    static let blockSlots = Int(NX_BLOCK)
    static let layersMax = 16
    static let efMax = 1 << 20

    /// Codes are padded to whole cache lines.
    static let lineBytes = 64

    static func rounded(_ value: Int, to multiple: Int) -> Int { (value + multiple - 1) / multiple * multiple }
}

/// How rows are coded.
package enum CodeKind: UInt32, Sendable {
    /// No rows and no graph: the index is small and is scanned exactly.
    case none = 0
    /// The node's own 8-bit code, and its neighbours' codes of 1 bit a coordinate.
    case packed1 = 2
    /// The node's own 8-bit code, and its neighbours' codes of 2 bits a coordinate.
    case packed2 = 3

    /// Layout A of a development version: 8-bit codes and neighbours' numbers, nothing packed. Never given again.
    static let retired: UInt32 = 1

    package var name: String {
        switch self {
        case .none: "none (scanned exactly)"
        case .packed1: "8-bit own code, neighbours packed at 1 bit a coordinate"
        case .packed2: "8-bit own code, neighbours packed at 2 bits a coordinate"
        }
    }

    /// Codes of at most so many bytes are better off with two bits a coordinate; see docs/decisions/search.md.
    static let twoBitCodeBytesMax = 192

    /// Bits a coordinate of a neighbour's code.
    var planes: Int {
        switch self {
        case .none: 0
        case .packed1: 1
        case .packed2: 2
        }
    }
}

/// The layout of a row of a packed code kind: all that one hop of a search reads.
struct RowLayout: Equatable {
    /// The own code, one byte a coordinate: dimensions rounded up to cache lines.
    let codeBytes: Int
    let planes: Int
    /// Neighbour slots, a multiple of 32; an empty one holds the node's own number.
    let degree: Int
    /// Squared Euclidean distance needs the code's own sum of squares as well.
    let hasNorm: Bool

    init(codeBytes: Int, planes: Int, degree: Int, hasNorm: Bool) {
        self.codeBytes = codeBytes
        self.planes = planes
        self.degree = degree
        self.hasNorm = hasNorm
    }

    /// The neighbours' codes: for each 32 slots, plane by plane, 16 bytes for each 4 coordinates.
    var packedOffset: Int { codeBytes }
    var planeBytes: Int { 4 * codeBytes }
    /// f16: fa of all slots, then fr of all slots.
    var factorsOffset: Int { codeBytes + degree / IndexFormat.blockSlots * planes * planeBytes }
    var neighborsOffset: Int { factorsOffset + 4 * degree }
    var normOffset: Int { neighborsOffset + 4 * degree }
    var stride: Int { IndexFormat.rounded(normOffset + (hasNorm ? 4 : 0), to: IndexFormat.lineBytes) }

    var shape: nx_row_shape {
        nx_row_shape(
            code_bytes: UInt32(codeBytes), planes: UInt32(planes), blocks: UInt32(degree / IndexFormat.blockSlots),
            factors_offset: UInt32(factorsOffset), ids_offset: UInt32(neighborsOffset), stride: UInt32(stride))
    }
}
