import CBLAS

/// All nodes' codes with the integer geometry that a graph is built in: a squared Euclidean distance under every
/// metric.
///
/// Under cosine all lengths are one. Under inner product each vector gets one more coordinate that brings it to the
/// longest one's length (Neyshabur and Srebro, "On symmetric and asymmetric LSHs for inner product search", 2015).
/// Integers make it the same on every instruction set.
final class CodeSpace: Sendable {
    let nodes: Int
    let encoding: Encoding
    /// `encoding.codeBytes` per node.
    let codes: AlignedBuffer<UInt8>
    /// Squared lengths.
    let norms: AlignedBuffer<Int32>
    /// The additional coordinate, under inner product only.
    private let extras: AlignedBuffer<Int32>?
    private let kernels = Kernels.active

    /// Encodes all vectors; `order.inputs` says which is which node's.
    init(
        vectors: UnsafeBufferPointer<Float>, order: NodeOrder, dimensions: Int, metric: Metric, seed: UInt64,
        threads: Int
    ) {
        nodes = order.inputs.count
        let base = vectors.baseAddress!
        let center = metric == .squaredL2 ? Self.mean(base, order.inputs, dimensions) : []
        let codeBytes = IndexFormat.rounded(dimensions, to: IndexFormat.lineBytes)
        let lengths = Self.lengths(base, order.inputs, dimensions, center, threads)
        let ascending = UnsafeBufferPointer(start: lengths.base, count: nodes).sorted()
        // A few very long vectors may be cut off, so that the others keep their precision.
        let typical = metric == .cosine ? 1 : max(ascending[(nodes - 1) * 995 / 1000], 1e-30)
        let encoding = Encoding(
            dimensions: dimensions, seed: seed, scale: Encoding.scale(forNorm: typical, codeBytes: codeBytes),
            center: center)
        self.encoding = encoding
        let codes = AlignedBuffer<UInt8>(count: nodes * codeBytes)
        let norms = AlignedBuffer<Int32>(count: nodes)
        let extras = metric == .innerProduct ? AlignedBuffer<Int32>(count: nodes) : nil
        (self.codes, self.norms, self.extras) = (codes, norms, extras)

        // Lengths in code units stay well inside 32 bits when squared.
        let longest = min(Double(encoding.scale) * (metric == .cosine ? 1 : ascending[nodes - 1]), 16_000)
        Workers(threads: threads).run(count: nodes, chunk: 256) { _, range in
            let rotated = AlignedBuffer<Float>(count: codeBytes)
            for node in range {
                encoding.rotate(base + order.inputs[node] * dimensions, into: rotated.base)
                let code = codes.base + node * codeBytes
                nx_quantise_u8(rotated.base, codeBytes, encoding.scale, code)
                switch metric {
                case .cosine:
                    norms[node] = Int32(longest * longest)
                case .innerProduct:
                    norms[node] = Int32(longest * longest)
                    let length = min(Double(encoding.scale) * lengths[node], longest)
                    extras![node] = Int32((longest * longest - length * length).squareRoot())
                case .squaredL2:
                    norms[node] = (0..<codeBytes).reduce(Int32(0)) { sum, i in
                        let value = Int32(code[i]) - 128
                        return sum + value * value
                    }
                }
            }
        }
    }

    private static func mean(_ base: UnsafePointer<Float>, _ inputs: [Int], _ dimensions: Int) -> [Float] {
        var sums = [Double](repeating: 0, count: dimensions)
        for input in inputs {
            for i in 0..<dimensions { sums[i] += Double(base[input * dimensions + i]) }
        }
        return sums.map { Float($0 / Double(inputs.count)) }
    }

    private static func lengths(
        _ base: UnsafePointer<Float>, _ inputs: [Int], _ dimensions: Int, _ center: [Float], _ threads: Int
    ) -> AlignedBuffer<Double> {
        let lengths = AlignedBuffer<Double>(count: inputs.count)
        Workers(threads: threads).run(count: inputs.count, chunk: 1024) { _, range in
            let moved = AlignedBuffer<Float>(count: dimensions)
            for node in range {
                let vector = base + inputs[node] * dimensions
                for i in 0..<dimensions { moved[i] = center.isEmpty ? vector[i] : vector[i] - center[i] }
                lengths[node] = nx_sum_of_squares(moved.base, dimensions).squareRoot()
            }
        }
        return lengths
    }

    /// A node as the one that others are compared with.
    struct Query {
        let code: UnsafeMutablePointer<Int8>
        var node = 0
        /// 128 times the sum of the code, which rows' bytes being unsigned adds to every product.
        var bias: Int32 = 0
    }

    @inline(__always)
    func load(_ node: Int, into query: inout Query) {
        let codeBytes = encoding.codeBytes
        let code = codes.base + node * codeBytes
        var sum: Int32 = 0
        for i in 0..<codeBytes {
            let value = Int8(bitPattern: code[i] ^ 0x80)
            query.code[i] = value
            sum &+= Int32(value)
        }
        query.node = node
        query.bias = 128 &* sum
    }

    /// Squared distances from the query to the nodes `ids`.
    @inline(__always)
    func distances(
        from query: Query, to ids: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Int32>
    ) {
        kernels.dots(
            rows: codes.base, stride: encoding.codeBytes, ids: ids, count: count, query: query.code,
            length: encoding.codeBytes,
            out: out)
        let norm = norms[query.node]
        if let extras {
            let extra = extras[query.node]
            for i in 0..<count {
                let id = Int(ids[i])
                out[i] = norm &+ norms[id] &- 2 &* (out[i] &- query.bias &+ extra &* extras[id])
            }
        } else {
            for i in 0..<count { out[i] = norm &+ norms[Int(ids[i])] &- 2 &* (out[i] &- query.bias) }
        }
    }
}
