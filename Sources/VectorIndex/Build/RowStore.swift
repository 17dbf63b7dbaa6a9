import CBLAS

/// A level's packed rows in memory while its graph grows, with the integer geometry that the graph is built in: a
/// squared Euclidean distance of codes under every metric.
///
/// Integers make it the same on every instruction set.
///
/// `@unchecked Sendable`: it is shared by workers, each of which writes only rows that are its own at the time, while
/// nobody reads the slots of rows that are written.
final class RowStore: @unchecked Sendable {
    let nodes: Int
    let encoding: Encoding
    let layout: RowLayout
    let rows: AlignedBuffer<UInt8>
    /// The codes' squared lengths.
    private let norms: AlignedBuffer<Int32>
    private let kernels = Kernels.active

    /// Encodes all vectors; `order.inputs` says which is which node's.
    init(
        vectors: UnsafeBufferPointer<Float>, order: NodeOrder, metric: Metric, encoding: Encoding, degree: Int,
        planes: Int, workers: Workers
    ) {
        nodes = order.inputs.count
        self.encoding = encoding
        let codeBytes = encoding.codeBytes
        let dimensions = encoding.dimensions
        let layout = RowLayout(codeBytes: codeBytes, planes: planes, degree: degree, hasNorm: metric == .squaredL2)
        let rows = AlignedBuffer<UInt8>(count: nodes * layout.stride)
        let norms = AlignedBuffer<Int32>(count: nodes)
        (self.layout, self.rows, self.norms) = (layout, rows, norms)
        let base = vectors.baseAddress!
        workers.run(count: nodes, chunk: 256) { _, range in
            let rotated = AlignedBuffer<Float>(count: codeBytes)
            for node in range {
                let row = rows.base + node * layout.stride
                encoding.encode(base + order.inputs[node] * dimensions, scratch: rotated.base, into: row)
                norms[node] = Self.squaredLength(row, codeBytes)
                if layout.hasNorm {
                    UnsafeMutableRawPointer(row + layout.normOffset).storeBytes(of: norms[node], as: Int32.self)
                }
                Self.clear(row, layout, node)
            }
        }
    }

    /// The rows of a snapshot's nodes that stay, under their new numbers, and behind them new ones.
    ///
    /// What a row holds of a neighbour depends on both codes only: it stays as it is. Slots of nodes that go are emptied.
    /// - Parameter kept: by new number, the old one.
    init(
        adopting view: SnapshotView, _ graph: GraphSearch, kept: [UInt32], newNumbers: [UInt32],
        vectors: UnsafeBufferPointer<Float>, workers: Workers
    ) {
        let encoding = graph.encoding
        let layout = view.rowLayout
        let nodes = vectors.count / encoding.dimensions
        let rows = AlignedBuffer<UInt8>(count: nodes * layout.stride)
        let norms = AlignedBuffer<Int32>(count: nodes)
        (self.nodes, self.encoding, self.layout, self.rows, self.norms) = (nodes, encoding, layout, rows, norms)
        let old = view.rows!
        workers.run(count: nodes, chunk: 256) { _, range in
            let rotated = AlignedBuffer<Float>(count: layout.codeBytes)
            for node in range {
                let row = rows.base + node * layout.stride
                guard node < kept.count else {
                    encoding.encode(
                        vectors.baseAddress! + node * encoding.dimensions, scratch: rotated.base, into: row)
                    norms[node] = Self.squaredLength(row, layout.codeBytes)
                    if layout.hasNorm {
                        UnsafeMutableRawPointer(row + layout.normOffset).storeBytes(of: norms[node], as: Int32.self)
                    }
                    Self.clear(row, layout, node)
                    continue
                }
                row.update(from: old + Int(kept[node]) * layout.stride, count: layout.stride)
                norms[node] = Self.squaredLength(row, layout.codeBytes)
                let ids = UnsafeMutableRawPointer(row + layout.neighborsOffset).assumingMemoryBound(to: UInt32.self)
                for slot in 0..<layout.degree {
                    let number = Int(ids[slot])
                    ids[slot] = number < newNumbers.count ? newNumbers[number] : .max
                    // Of a damaged row a neighbour may stand in several slots: setting others needs one for each.
                    if (0..<slot).contains(where: { ids[$0] == ids[slot] }) { ids[slot] = .max }
                    guard ids[slot] == .max else { continue }
                    ids[slot] = UInt32(node)
                    Self.clear(slot: slot, row, layout)
                }
            }
        }
    }

    /// A level above: the codes of the first nodes, without neighbours.
    init(first nodes: Int, of other: RowStore) {
        self.nodes = nodes
        encoding = other.encoding
        layout = other.layout
        norms = other.norms
        rows = AlignedBuffer(count: nodes * layout.stride)
        for node in 0..<nodes {
            let row = rows.base + node * layout.stride
            row.update(from: other.rows.base + node * layout.stride, count: layout.stride)
            Self.clear(row, layout, node)
        }
    }

    private static func squaredLength(_ code: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        var sum: Int32 = 0
        for i in 0..<count {
            let value = Int32(code[i]) - 128
            sum &+= value &* value
        }
        return sum
    }

    private static func clear(_ row: UnsafeMutablePointer<UInt8>, _ layout: RowLayout, _ node: Int) {
        let ids = UnsafeMutableRawPointer(row + layout.neighborsOffset)
        for slot in 0..<layout.degree {
            ids.storeBytes(of: UInt32(node), toByteOffset: 4 * slot, as: UInt32.self)
            clear(slot: slot, row, layout)
        }
    }

    private static let negativeInfinity: UInt16 = 0xFC00

    private static func clear(slot: Int, _ row: UnsafeMutablePointer<UInt8>, _ layout: RowLayout) {
        let factors = UnsafeMutableRawPointer(row + layout.factorsOffset)
        factors.storeBytes(of: negativeInfinity, toByteOffset: 2 * slot, as: UInt16.self)
        factors.storeBytes(of: 0, toByteOffset: 2 * (layout.degree + slot), as: UInt16.self)
    }

    @inline(__always)
    func row(_ node: Int) -> UnsafeMutablePointer<UInt8> { rows.base + node * layout.stride }

    @inline(__always)
    func slots(_ node: Int) -> UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(row(node) + layout.neighborsOffset).assumingMemoryBound(to: UInt32.self)
    }

    var walk: GraphWalk {
        GraphWalk(rows: rows.base, nodes: nodes, layout: layout, unit: encoding.unit)
    }

    /// Gives the codes' squared lengths their nodes' new numbers.
    func renumberNorms(_ order: LocalityOrder) {
        let old = Array(UnsafeBufferPointer(start: norms.base, count: nodes))
        for node in 0..<nodes { norms[node] = old[Int(order.oldNodes[node])] }
    }

    // MARK: Distances

    /// A node as the one that others are compared with.
    struct Query {
        let code: UnsafeMutablePointer<Int8>
        var node = 0
        /// 128 times the sum of the code, which rows' bytes being unsigned adds to every product.
        var bias: Int32 = 0
    }

    @inline(__always)
    func load(_ node: Int, into query: inout Query) {
        let code = row(node)
        var sum: Int32 = 0
        for i in 0..<layout.codeBytes {
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
            rows: rows.base, stride: layout.stride, ids: ids, count: count, query: query.code,
            length: layout.codeBytes, out: out)
        let norm = norms[query.node]
        for i in 0..<count { out[i] = norm &+ norms[Int(ids[i])] &- 2 &* (out[i] &- query.bias) }
    }

    // MARK: Slots

    /// Makes the row hold these neighbours and no others. Those that it holds already keep their slots.
    func setSlots(_ node: Int, to ids: UnsafeBufferPointer<UInt32>, bits: UnsafeMutablePointer<UInt8>) {
        let own = UInt32(node)
        let slots = slots(node)
        let degree = layout.degree
        for slot in 0..<degree where slots[slot] != own && !ids.contains(slots[slot]) {
            slots[slot] = own
            Self.clear(slot: slot, row(node), layout)
        }
        var free = 0
        let known = UnsafeBufferPointer(start: slots, count: degree)
        for id in ids where !known.contains(id) {
            while slots[free] != own { free += 1 }
            setSlot(free, of: node, to: Int(id), bits: bits)
        }
    }

    /// Codes one neighbour into a slot. - Parameter bits: room for planes × code / 8 bytes.
    private func setSlot(_ slot: Int, of node: Int, to neighbor: Int, bits: UnsafeMutablePointer<UInt8>) {
        let row = row(node)
        let codeBytes = layout.codeBytes
        let parts = kernels.compareCodes(
            row, self.row(neighbor), length: codeBytes, planes: layout.planes, bits: bits)
        // Two codes that are the same: no direction, and an estimate that is the node's own distance.
        let ratio = parts.rv > 0 ? Double(parts.rr) / Double(parts.rv) : 0
        let unit = Double(encoding.unit)
        let along = layout.hasNorm ? -Double(parts.rr) / 2 : Double(parts.cr)
        let fa = Float((along - ratio * Double(parts.cv)) * unit * unit)
        let factors = UnsafeMutableRawPointer(row + layout.factorsOffset)
        factors.storeBytes(of: nx_half(fa), toByteOffset: 2 * slot, as: UInt16.self)
        factors.storeBytes(
            of: nx_half(Float(ratio * unit)), toByteOffset: 2 * (layout.degree + slot), as: UInt16.self)
        slots(node)[slot] = UInt32(neighbor)

        let place = slot % IndexFormat.blockSlots
        let shift = UInt8(place / 16 * 4)
        let mask = UInt8(0xF0) >> shift
        for plane in 0..<layout.planes {
            let start =
                layout.packedOffset + (slot / IndexFormat.blockSlots * layout.planes + plane) * layout.planeBytes
            let to = row + start + place % 16
            let from = bits + plane * codeBytes / 8
            for byte in 0..<codeBytes / 8 {
                let pair = from[byte]
                to[32 * byte] = to[32 * byte] & mask | (pair & 15) << shift
                to[32 * byte + 16] = to[32 * byte + 16] & mask | (pair >> 4) << shift
            }
        }
    }
}

extension Encoding {
    /// The encoding that suits these vectors.
    ///
    /// A few very long vectors may be cut off, so that the others keep their precision.
    static func fitting(
        _ vectors: UnsafeBufferPointer<Float>, order: NodeOrder, dimensions: Int, metric: Metric, seed: UInt64,
        workers: Workers
    ) -> Encoding {
        let base = vectors.baseAddress!
        let nodes = order.inputs.count
        let center = metric == .squaredL2 ? mean(base, order.inputs, dimensions) : []
        guard metric != .cosine else {
            let codeBytes = codeBytes(dimensions: dimensions, isLifted: false)
            return Encoding(
                dimensions: dimensions, seed: seed, scale: scale(forLength: 1, codeBytes: codeBytes), center: [],
                commonLength: 0)
        }
        let lengths = AlignedBuffer<Double>(count: nodes)
        workers.run(count: nodes, chunk: 1024) { _, range in
            let moved = AlignedBuffer<Float>(count: dimensions)
            for node in range {
                let vector = base + order.inputs[node] * dimensions
                for i in 0..<dimensions { moved[i] = center.isEmpty ? vector[i] : vector[i] - center[i] }
                lengths[node] = nx_sum_of_squares(moved.base, dimensions).squareRoot()
            }
        }
        let ascending = UnsafeBufferPointer(start: lengths.base, count: nodes).sorted()
        let typical = max(ascending[(nodes - 1) * 995 / 1000], 1e-30)
        let isLifted = metric == .innerProduct && ascending[0] < 0.999 * ascending[nodes - 1]
        let codeBytes = codeBytes(dimensions: dimensions, isLifted: isLifted)
        return Encoding(
            dimensions: dimensions, seed: seed, scale: scale(forLength: typical, codeBytes: codeBytes), center: center,
            commonLength: isLifted ? Float(typical) : 0)
    }

    private static func mean(_ base: UnsafePointer<Float>, _ inputs: [Int], _ dimensions: Int) -> [Float] {
        var sums = [Double](repeating: 0, count: dimensions)
        for input in inputs {
            for i in 0..<dimensions { sums[i] += Double(base[input * dimensions + i]) }
        }
        return sums.map { Float($0 / Double(inputs.count)) }
    }
}
