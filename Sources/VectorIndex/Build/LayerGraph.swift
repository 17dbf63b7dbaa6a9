/// The links of one level: up to `degree` neighbours for each of the nodes `0..<nodes`, nearest first, with their
/// distances.
///
/// A link is `distance << 32 | node`, so that lists sort by distance. Shared by workers, each of which writes only lists
/// that are its own at the time.
final class LayerGraph: Sendable, LinkedNodes {
    let nodes: Int
    let degree: Int
    private let links: AlignedBuffer<UInt64>
    private let counts: AlignedBuffer<UInt32>

    init(nodes: Int, degree: Int) {
        self.nodes = nodes
        self.degree = degree
        links = AlignedBuffer(count: nodes * degree)
        counts = AlignedBuffer(count: nodes)
    }

    /// - Precondition: the distance is not negative.
    @inline(__always)
    static func link(_ distance: Int32, _ node: UInt32) -> UInt64 {
        UInt64(UInt32(bitPattern: distance)) << 32 | UInt64(node)
    }

    @inline(__always)
    static func node(_ link: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: link) }

    @inline(__always)
    static func distance(_ link: UInt64) -> Int32 { Int32(truncatingIfNeeded: link >> 32) }

    @inline(__always)
    func neighbors(of node: Int) -> UnsafeBufferPointer<UInt64> {
        UnsafeBufferPointer(start: links.base + node * degree, count: Int(counts[node]))
    }

    /// - Precondition: at most `degree` of them.
    @inline(__always)
    func setNeighbors(of node: Int, to list: UnsafeBufferPointer<UInt64>) {
        precondition(list.count <= degree)
        if let start = list.baseAddress { (links.base + node * degree).update(from: start, count: list.count) }
        counts[node] = UInt32(list.count)
    }

    @inline(__always)
    func forEachNeighbor(of node: Int, _ body: (Int) -> Void) {
        for link in neighbors(of: node) { body(Int(Self.node(link))) }
    }
}
