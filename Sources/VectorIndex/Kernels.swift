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
}
