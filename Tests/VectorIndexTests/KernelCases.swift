import CBLAS
import VectorIndex

/// What a kernel is asked in these tests: seeded values, extremes among them, at the lengths that rows can have.
enum KernelCases {
    /// The levels that this processor has beside plain C.
    static let levels = ["avx2", "avx512", "neon"].filter { (name: String) in nx_kernels_named(name) != nil }
    /// All lengths of codes.
    static let codeLengths = Array(stride(from: 64, through: 4160, by: 64))

    static func kernels(_ level: String) -> nx_kernels { nx_kernels_named(level).pointee }
    static var plain: nx_kernels { kernels("scalar") }
}

/// Which values a case is made of.
enum ValueMix: CaseIterable, Sendable {
    case any, largest, smallest, extremes

    func bytes(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
        switch self {
        case .any: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case .largest: [UInt8](repeating: 255, count: count)
        case .smallest: [UInt8](repeating: 0, count: count)
        case .extremes: (0..<count).map { _ in random.next() & 1 == 0 ? 0 : 255 }
        }
    }

    func codes(_ count: Int, limit: Int, _ random: inout SplitMix64) -> [Int8] {
        switch self {
        case .any: (0..<count).map { _ in Int8(random.next(below: 2 * limit + 1) - limit) }
        case .largest: [Int8](repeating: Int8(limit), count: count)
        case .smallest: [Int8](repeating: Int8(-limit), count: count)
        case .extremes: (0..<count).map { _ in Int8(random.next() & 1 == 0 ? limit : -limit) }
        }
    }
}

extension SplitMix64 {
    /// A value in -4...4 with some 22 bits.
    mutating func nextFloat() -> Float { Float(next(below: 8_000_001) - 4_000_000) / 1_000_000 }

    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in nextFloat() } }
}

/// A row with its shape and a query, as `scan_row` and `select_near` take them.
struct RowCase {
    let shape: nx_row_shape
    var row: [UInt8]
    let code: [Int8]
    let table: [UInt8]
    let scale: Float = 0.0003
    let offset: Float = -0.7

    init(length: Int, planes: Int, blocks: Int, mix: ValueMix, _ random: inout SplitMix64) {
        let factors = length * (1 + 4 * planes * blocks)
        let stride = factors + 256 * blocks
        shape = nx_row_shape(
            code_bytes: UInt32(length), planes: UInt32(planes), blocks: UInt32(blocks),
            factors_offset: UInt32(factors), ids_offset: UInt32(factors + 128 * blocks), stride: UInt32(stride))
        row = mix.bytes(stride, &random)
        code = mix.codes(length, limit: 127, &random)
        let values = mix.codes(length, limit: 63, &random)
        var table = [UInt8](repeating: 0, count: 4 * length)
        _ = KernelCases.plain.make_table(values, length, &table)
        self.table = table
        for slot in 0..<slots {
            let fa = random.next(below: 5) == 0 ? -Float.infinity : random.nextFloat()
            setHalf(factors + 2 * slot, fa)
            setHalf(factors + 2 * (slots + slot), random.nextFloat())
        }
    }

    var slots: Int { 32 * Int(shape.blocks) }
    var idsOffset: Int { Int(shape.ids_offset) }

    func half(_ offset: Int) -> Float { nx_float(UInt16(row[offset]) | UInt16(row[offset + 1]) << 8) }
    mutating func setHalf(_ offset: Int, _ value: Float) {
        let half = nx_half(value)
        row[offset] = UInt8(half & 0xff)
        row[offset + 1] = UInt8(half >> 8)
    }
    func id(_ slot: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(row[idsOffset + 4 * slot + $1]) << UInt32(8 * $1) }
    }

    /// Runs `body` with pointers that hold while it runs.
    func withQuery<Result>(_ body: (UnsafePointer<nx_row_shape>, UnsafePointer<nx_query>) -> Result) -> Result {
        code.withUnsafeBufferPointer { code in
            table.withUnsafeBufferPointer { table in
                var query = nx_query(
                    code: code.baseAddress, table: table.baseAddress, scale: scale, offset: offset)
                var shape = shape
                return body(&shape, &query)
            }
        }
    }

    /// The row's own product, then the sums.
    func scan(_ kernels: nx_kernels, next: UnsafePointer<UInt8>? = nil) -> [Int32] {
        var sums = [Int32](repeating: 7, count: slots)
        let own = withQuery { kernels.scan_row($0, $1, row, next, &sums) }
        return [own] + sums
    }

    /// The ids and the distances of the slots below `limit`.
    func near(_ kernels: nx_kernels, sums: [Int32], base: Float, limit: Float) -> ([UInt32], [UInt32]) {
        var ids = [UInt32](repeating: 0, count: slots + 16)
        var distances = [Float](repeating: 0, count: slots + 16)
        let count = withQuery { kernels.select_near($0, $1, row, sums, base, limit, &ids, &distances) }
        return (Array(ids.prefix(count)), distances.prefix(count).map(\.bitPattern))
    }
}
