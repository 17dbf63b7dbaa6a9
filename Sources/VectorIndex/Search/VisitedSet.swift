/// Which nodes a search has met; emptied in one step by counting searches.
struct VisitedSet {
    let marks: AlignedBuffer<UInt8>
    private(set) var epoch: UInt8 = 0

    init(nodes: Int) { marks = AlignedBuffer(count: nodes) }

    var capacity: Int { marks.count }

    /// Forgets everything. - Complexity: O(1), and O(n) once in 255 calls.
    mutating func clear() {
        if epoch == .max {
            marks.base.update(repeating: 0, count: marks.count)
            epoch = 0
        }
        epoch += 1
    }
}
