/// The links of one level: up to `degree` neighbours for each of the nodes `0..<nodes`, nearest first, with their
/// distances.
///
/// A link is `distance << 32 | node`, so that lists sort by distance. Shared by workers, each of which writes only lists
/// that are its own at the time.
final class LayerGraph: Sendable {
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

    /// Which nodes cannot be reached from node 0, ascending. - Complexity: O(links).
    func unreachable() -> [Int] {
        guard nodes > 0 else { return [] }
        var isNew = [Bool](repeating: true, count: nodes)
        visitReachable(from: 0, isNew: &isNew)
        return isNew.indices.filter { isNew[$0] }
    }

    /// Whether a node of `goals` can be reached. - Complexity: O(links), usually far less.
    func reaches(from start: Int, _ goals: [Bool]) -> Bool {
        var isMet = [Bool](repeating: false, count: nodes)
        isMet[start] = true
        var open = [start]
        while let node = open.popLast() {
            if goals[node] { return true }
            for link in neighbors(of: node) where !isMet[Int(Self.node(link))] {
                isMet[Int(Self.node(link))] = true
                open.append(Int(Self.node(link)))
            }
        }
        return false
    }

    /// Clears `isNew` of all that can be reached through new nodes.
    func visitReachable(from start: Int, isNew: inout [Bool]) {
        isNew[start] = false
        var open = [start]
        while let node = open.popLast() {
            for link in neighbors(of: node) where isNew[Int(Self.node(link))] {
                isNew[Int(Self.node(link))] = false
                open.append(Int(Self.node(link)))
            }
        }
    }
}
