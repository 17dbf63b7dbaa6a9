/// The links of one level: up to `degree` neighbours for each of the nodes `0..<nodes`.
final class LayerGraph: Sendable {
    let nodes: Int
    let degree: Int
    private let links: AlignedBuffer<UInt32>
    private let counts: AlignedBuffer<UInt32>

    init(nodes: Int, degree: Int) {
        self.nodes = nodes
        self.degree = degree
        links = AlignedBuffer(count: nodes * degree)
        counts = AlignedBuffer(count: nodes)
    }

    @inline(__always)
    func neighbors(of node: Int) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: links.base + node * degree, count: Int(counts[node]))
    }

    /// - Precondition: at most `degree` of them.
    @inline(__always)
    func setNeighbors(of node: Int, to ids: UnsafePointer<UInt32>, count: Int) {
        precondition(count <= degree)
        (links.base + node * degree).update(from: ids, count: count)
        counts[node] = UInt32(count)
    }

    /// The node's slots as the file has them: its neighbours, then its own number in what is left.
    func writeSlots(of node: Int, to slots: UnsafeMutablePointer<UInt32>) {
        let known = neighbors(of: node)
        for i in 0..<degree { slots[i] = i < known.count ? known[i] : UInt32(node) }
    }

    /// Adds one neighbour, in place of the last one when there is no free slot.
    func link(_ node: Int, to neighbor: Int) {
        let slot = min(Int(counts[node]), degree - 1)
        links[node * degree + slot] = UInt32(neighbor)
        counts[node] = UInt32(slot + 1)
    }

    /// Which nodes cannot be reached from node 0, ascending. - Complexity: O(links).
    func unreachable() -> [Int] {
        guard nodes > 0 else { return [] }
        var isNew = [Bool](repeating: true, count: nodes)
        visitReachable(from: 0, isNew: &isNew)
        return isNew.indices.filter { isNew[$0] }
    }

    /// Clears `isNew` of all that can be reached through new nodes.
    func visitReachable(from start: Int, isNew: inout [Bool]) {
        isNew[start] = false
        var open = [start]
        while let node = open.popLast() {
            for neighbor in neighbors(of: node) where isNew[Int(neighbor)] {
                isNew[Int(neighbor)] = false
                open.append(Int(neighbor))
            }
        }
    }
}
