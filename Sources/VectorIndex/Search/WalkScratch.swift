import CBLAS

/// What one walk over a graph works in, allocated once.
///
/// Every buffer has a bound of its own that the walk keeps: what a list cannot hold, its farthest nodes, is dropped.
final class WalkScratch {
    /// Nodes met and not yet expanded, beyond the sorted list, that there is room for at least.
    static let overflowMin = 8192
    /// Rows whose loading was begun and that are expanded next, at most.
    static let aheadMax = 6
    /// The ring that they stand in has a power of two places, which is more.
    static let comingMask = 7

    let hot: AlignedBuffer<Int64>
    let coming: AlignedBuffer<Int64>
    private(set) var overflow: AlignedBuffer<Int64>
    /// What the walk may use of them: what was asked for last, whatever larger searches were before.
    private(set) var overflowMax = 0
    private(set) var recordedMax = 0
    private(set) var recorded: AlignedBuffer<Int64>
    private(set) var nearest: AlignedBuffer<Int64>
    let ids: AlignedBuffer<UInt32>
    let distances: AlignedBuffer<Float>
    let keys: AlignedBuffer<Int64>
    let sums: AlignedBuffer<Int32>
    var visited: VisitedSet

    init() {
        hot = AlignedBuffer(count: Int(NX_HOT))
        coming = AlignedBuffer(count: Self.comingMask + 1)
        overflow = AlignedBuffer(count: 0)
        recorded = AlignedBuffer(count: 0)
        nearest = AlignedBuffer(count: 0)
        ids = AlignedBuffer(count: IndexFormat.degreeMax + 16)
        distances = AlignedBuffer(count: IndexFormat.degreeMax + 16)
        keys = AlignedBuffer(count: IndexFormat.degreeMax + 16)
        sums = AlignedBuffer(count: IndexFormat.degreeMax)
        visited = VisitedSet(nodes: 0)
    }

    /// Fits a walk whose limit comes from so many nearest nodes and that records so many.
    func fit(nodes: Int, nearest count: Int, recorded recordedCount: Int) {
        // More than those that are recorded need not wait; a row's slots may all be new.
        overflowMax = max(recordedCount, Self.overflowMin) + IndexFormat.degreeMax
        recordedMax = recordedCount
        // Before the farther half is dropped, a hop adds a row's slots at most, and the list one more.
        let room = overflowMax + IndexFormat.degreeMax + 1
        if overflow.count < room { overflow = AlignedBuffer(count: room) }
        if visited.capacity < nodes { visited = VisitedSet(nodes: nodes) }
        if nearest.count < count { nearest = AlignedBuffer(count: count) }
        if recorded.count < recordedCount { recorded = AlignedBuffer(count: recordedCount) }
    }
}
