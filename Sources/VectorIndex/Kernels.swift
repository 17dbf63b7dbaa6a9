import CBLAS

/// The C kernels of one instruction set, chosen when first asked for.
///
/// `@unchecked Sendable`: it points to a constant table of functions that keep no state.
package struct Kernels: @unchecked Sendable {
    @usableFromInline let table: UnsafePointer<nx_kernels>

    /// What this process uses: the level that the environment variable NEXIFY_SIMD names, otherwise the processor's
    /// best.
    package static let active = Kernels(table: nx_kernels_active())

    private init(table: UnsafePointer<nx_kernels>) { self.table = table }

    package var name: String { String(cString: table.pointee.name) }

    @inline(__always)
    func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ length: Int) -> Float {
        table.pointee.dot_f32(a, b, length)
    }

    @inline(__always)
    func squaredL2(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ length: Int) -> Float {
        table.pointee.squared_l2_f32(a, b, length)
    }

    /// `out[i]` = sum of `rows[ids[i] * stride + j] * query[j]`.
    @inline(__always)
    func dots(
        rows: UnsafePointer<UInt8>, stride: Int, ids: UnsafePointer<UInt32>, count: Int, query: UnsafePointer<Int8>,
        length: Int, out: UnsafeMutablePointer<Int32>
    ) {
        table.pointee.dots_u8s8(rows, stride, ids, count, query, length, out)
    }

    /// One query against the rows `ids` of a matrix of floats, as `dot` or `squaredL2` would give it.
    @inline(__always)
    func scores(
        rows: UnsafePointer<Float>, ids: UnsafePointer<UInt32>, count: Int, query: UnsafePointer<Float>, length: Int,
        isDot: Bool, out: UnsafeMutablePointer<Float>
    ) {
        if isDot {
            table.pointee.dots_f32(rows, ids, count, query, length, out)
        } else {
            table.pointee.squared_l2s_f32(rows, ids, count, query, length, out)
        }
    }

    /// FastScan over one row; see kernels.h. - Returns: the row's own product with the query.
    @inline(__always)
    func scan(
        _ shape: UnsafePointer<nx_row_shape>, _ query: UnsafePointer<nx_query>, row: UnsafePointer<UInt8>,
        next: UnsafePointer<UInt8>, sums: UnsafeMutablePointer<Int32>
    ) -> Int32 {
        table.pointee.scan_row(shape, query, row, next, sums)
    }

    /// The slots whose estimated distance is below `limit`.
    @inline(__always)
    func selectNear(
        _ shape: UnsafePointer<nx_row_shape>, _ query: UnsafePointer<nx_query>, row: UnsafePointer<UInt8>,
        sums: UnsafePointer<Int32>, base: Float, limit: Float, ids: UnsafeMutablePointer<UInt32>,
        distances: UnsafeMutablePointer<Float>
    ) -> Int {
        table.pointee.select_near(shape, query, row, sums, base, limit, ids, distances)
    }

    @inline(__always)
    func insert(
        _ keys: UnsafePointer<Int64>, count: Int, into hot: UnsafeMutablePointer<Int64>,
        overflow: UnsafeMutablePointer<Int64>
    ) -> Int {
        table.pointee.insert(hot, keys, count, overflow)
    }

    /// - Returns: the first key, which is no longer in the list.
    @inline(__always)
    func take(from hot: UnsafeMutablePointer<Int64>) -> Int64 { table.pointee.take(hot) }

    func rotate(_ vector: UnsafeMutablePointer<Float>, length: Int, signs: UnsafePointer<Float>, rounds: Int) {
        table.pointee.rotate(vector, length, signs, rounds)
    }

    /// - Returns: the sum of magnitudes.
    func makeTable(_ values: UnsafePointer<Int8>, length: Int, table out: UnsafeMutablePointer<UInt8>) -> Int32 {
        table.pointee.make_table(values, length, out)
    }

    func compareCodes(
        _ node: UnsafePointer<UInt8>, _ neighbor: UnsafePointer<UInt8>, length: Int, planes: Int,
        bits: UnsafeMutablePointer<UInt8>
    ) -> nx_comparison {
        var result = nx_comparison()
        table.pointee.compare_codes(node, neighbor, length, UInt32(planes), bits, &result)
        return result
    }
}
