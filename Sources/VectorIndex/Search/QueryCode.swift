import CBLAS

/// A query as hops want it: in 8 bits for rows' own codes, and as a table of sums for their neighbours' codes.
///
/// Distances are minus the inner product or, under squared Euclidean distance, half the squared distance less a part
/// that all rows share; lengths are in units of the encoding's own, and queries are brought to unit length where that
/// does not change an order.
///
/// The memory is fixed when it is made; `query` points into it.
final class QueryCode {
    let codeBytes: Int
    let planes: Int
    private let rotated: AlignedBuffer<Float>
    private let code: AlignedBuffer<Int8>
    private let narrow: AlignedBuffer<Int8>
    private let table: AlignedBuffer<UInt8>
    private let kernels = Kernels.active
    let query: UnsafeMutablePointer<nx_query>
    /// Own distance = `ownScale` × (product - `bias`), plus half of the squared length under squared Euclidean distance.
    private(set) var ownScale: Float = 0
    private(set) var bias: Int32 = 0

    init(codeBytes: Int, planes: Int) {
        self.codeBytes = codeBytes
        self.planes = planes
        rotated = AlignedBuffer(count: codeBytes)
        code = AlignedBuffer(count: codeBytes)
        narrow = AlignedBuffer(count: codeBytes)
        table = AlignedBuffer(count: 4 * codeBytes)
        query = .allocate(capacity: 1)
        query.initialize(to: nx_query(code: code.base, table: table.base, scale: 0, offset: 0))
    }

    deinit { query.deallocate() }

    /// The 8-bit code.
    var bytes: UnsafePointer<Int8> { UnsafePointer(code.base) }

    /// Takes a query of floats. - Parameter isScaled: whether it may be brought to unit length.
    func load(_ vector: UnsafePointer<Float>, _ encoding: Encoding, isUnitLength: Bool) {
        encoding.rotate(vector, into: rotated.base)
        let largest = nx_largest_magnitude(rotated.base, codeBytes)
        guard largest > 0 else { return loadZero() }
        let length: Float
        if isUnitLength {
            length = Float(nx_sum_of_squares(rotated.base, codeBytes).squareRoot())
        } else {
            // The encoding's own length.
            length = 1 / (encoding.scale * encoding.unit)
        }
        nx_quantise_s8(rotated.base, codeBytes, 127 / largest, code.base)
        nx_quantise_s8(rotated.base, codeBytes, 63 / largest, narrow.base)
        finish(largest: largest / length, unit: encoding.unit)
    }

    /// Takes a row's own code.
    func load(row: UnsafePointer<UInt8>, unit: Float) {
        var largest: Int32 = 0
        for i in 0..<codeBytes {
            let value = Int32(row[i]) - 128
            code[i] = Int8(truncatingIfNeeded: value)
            largest = max(largest, abs(value))
        }
        guard largest > 0 else { return loadZero() }
        // Rounded to the nearest, halves away from zero: integers, the same everywhere.
        for i in 0..<codeBytes {
            let value = Int32(code[i])
            let magnitude = (2 * 63 * abs(value) + largest) / (2 * largest)
            narrow[i] = Int8(truncatingIfNeeded: value < 0 ? -magnitude : magnitude)
        }
        finish(largest: Float(largest) * unit, codeStep: unit, unit: unit)
    }

    private func loadZero() {
        for i in 0..<codeBytes { code[i] = 0 }
        for i in 0..<codeBytes { narrow[i] = 0 }
        finish(largest: 0, unit: 0)
    }

    private func finish(largest: Float, codeStep: Float? = nil, unit: Float) {
        var sum: Int32 = 0
        for i in 0..<codeBytes { sum &+= Int32(code[i]) }
        bias = 128 &* sum
        ownScale = -(codeStep ?? largest / 127) * unit
        let magnitudes = kernels.makeTable(narrow.base, length: codeBytes, table: table.base)
        let step = largest / 63
        query.pointee.scale = 2 * step
        query.pointee.offset = -Float((1 << planes) - 1) * Float(magnitudes) * step
    }
}
