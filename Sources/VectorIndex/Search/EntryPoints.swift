import CBLAS

/// Where searches enter level 0.
///
/// Measured at 20,000, 200,000 and 1,000,000 vectors, the sample is faster at every recall: what the way down saves in
/// hops it spends on reading codes all over the file (docs/decisions/search.md).
package enum EntryChoice: String, Sendable, CaseIterable {
    /// At the best of a few sampled nodes.
    case sampled
    /// At the end of the way down from the top level.
    case upperLevels = "upper-levels"
}

/// Where walks start: the codes of the first nodes, which are a random sample, side by side in memory.
final class EntryPoints: Sendable {
    let count: Int
    private let codes: AlignedBuffer<UInt8>
    private let halfNorms: AlignedBuffer<Float>
    private let all: AlignedBuffer<UInt32>
    private let codeBytes: Int
    private let kernels = Kernels.active

    static let countMax = 16
    /// Of them, those that a walk starts from: more than one, so that several rows are on their way at once.
    static let startsMax = 2

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

    /// Puts the keys of the nearest entries into `scratch.keys`. - Returns: how many.
    func starts(_ code: QueryCode, _ scratch: WalkScratch) -> Int {
        let products = scratch.sums.base
        kernels.dots(
            rows: codes.base, stride: codeBytes, ids: all.base, count: count, query: code.bytes, length: codeBytes,
            out: products)
        let keys = scratch.keys.base
        for i in 0..<count {
            let distance = code.ownScale * Float(products[i] &- code.bias) + halfNorms[i]
            keys[i] = NodeKey.make(distance, UInt32(i))
        }
        var nearest = SmallestKeys(keys: scratch.overflow.base, capacity: min(count, Self.startsMax))
        for i in 0..<count { nearest.insert(keys[i]) }
        for i in 0..<nearest.count { keys[i] = nearest.keys[i] }
        return nearest.count
    }

    /// The same, of the seeds of a selection and of the entries; a seed that is an entry counts once.
    func starts(_ code: QueryCode, _ scratch: WalkScratch, _ seeds: [UInt32], _ walk: GraphWalk) -> Int {
        let startCount = starts(code, scratch)
        let keys = scratch.keys.base
        let products = scratch.sums.base
        var best = NodeKey.none
        seeds.withUnsafeBufferPointer { seeds in
            walk.ownDistances(code, seeds.baseAddress!, count: seeds.count, products) {
                best = min(best, NodeKey.make($1, seeds[$0]))
            }
        }
        for i in 0..<startCount where keys[i] == best { return startCount }
        keys[startCount] = best
        return startCount + 1
    }
}

/// The way down from the top level to level 0, greedily on each level, as HNSW has it (Malkov and Yashunin, 2016).
///
/// `@unchecked Sendable`: it points into the mapping of the snapshot that holds it, which nobody writes.
struct UpperDescent: @unchecked Sendable {
    /// Levels 1, 2, ...: how many nodes they have, and their slots.
    let levels: [(nodes: Int, slots: UnsafePointer<UInt32>)]
    let degree: Int

    init(levels: [(nodes: Int, slots: UnsafePointer<UInt32>)], degree: Int) {
        self.levels = levels
        self.degree = degree
    }

    /// Puts the key of the entry to level 0 into `scratch.keys`. - Returns: how many distances it took to find out.
    func start(_ walk: GraphWalk, _ code: QueryCode, _ scratch: WalkScratch) -> Int {
        let ids = scratch.ids.base
        let products = scratch.sums.base
        var at: UInt32 = 0
        ids[0] = at
        var least = Float.infinity
        walk.ownDistances(code, ids, count: 1, products) { least = $1 }
        var distances = 1
        for level in levels.reversed() {
            while true {
                var count = 0
                let slots = level.slots + Int(at) * degree
                for slot in 0..<degree where slots[slot] < UInt32(level.nodes) && slots[slot] != at {
                    ids[count] = slots[slot]
                    count += 1
                }
                distances += count
                var next = at
                walk.ownDistances(code, ids, count: count, products) { i, own in
                    if own < least {
                        least = own
                        next = ids[i]
                    }
                }
                if next == at { break }
                at = next
            }
        }
        scratch.keys[0] = NodeKey.make(least, at)
        return distances
    }
}
