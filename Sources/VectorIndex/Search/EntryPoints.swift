import CBLAS

/// Where walks start: the codes of the first nodes, which are a random sample, side by side in memory.
final class EntryPoints: Sendable {
    let count: Int
    private let codes: AlignedBuffer<UInt8>
    private let halfNorms: AlignedBuffer<Float>
    private let all: AlignedBuffer<UInt32>
    private let codeBytes: Int
    private let kernels = Kernels.active

    static let countMax = 16

    init(_ walk: GraphWalk, count: Int) {
        self.count = count
        codeBytes = walk.layout.codeBytes
        codes = AlignedBuffer(count: count * codeBytes)
        halfNorms = AlignedBuffer(count: count)
        all = AlignedBuffer(count: count)
        for i in 0..<count {
            let row = walk.rows + i * walk.layout.stride
            (codes.base + i * codeBytes).update(from: row, count: codeBytes)
            all[i] = UInt32(i)
            guard walk.layout.hasNorm else { continue }
            let norm = UnsafeRawPointer(row + walk.layout.normOffset).load(as: Int32.self)
            halfNorms[i] = walk.halfUnitSquare * Float(norm)
        }
    }

    /// The entry whose code is nearest.
    func nearest(to code: QueryCode) -> UInt32 {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { products in
            kernels.dots(
                rows: codes.base, stride: codeBytes, ids: all.base, count: count, query: code.bytes, length: codeBytes,
                out: products.baseAddress!)
            var best = 0
            var least = Float.infinity
            for i in 0..<count {
                let distance = code.ownScale * Float(products[i] &- code.bias) + halfNorms[i]
                if distance < least {
                    least = distance
                    best = i
                }
            }
            return UInt32(best)
        }
    }
}
