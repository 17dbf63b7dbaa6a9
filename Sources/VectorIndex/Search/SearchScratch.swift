import Synchronization

/// The memory that one search at a time works in. A thread that searches often keeps one, so that a search allocates
/// nothing but its answer; it grows to fit any snapshot.
///
/// `@unchecked Sendable`: a search takes it exclusively by `isBusy` and traps when it is taken.
public final class SearchScratch: @unchecked Sendable {
    private let isBusy = Atomic<Bool>(false)
    private(set) var query: AlignedBuffer<Float>
    private(set) var rotated: AlignedBuffer<Float>
    private(set) var code: AlignedBuffer<Int8>
    private(set) var keys: AlignedBuffer<UInt64>
    private(set) var ids: AlignedBuffer<UInt32>
    private(set) var dots: AlignedBuffer<Int32>
    var visited: VisitedSet

    public init() {
        query = AlignedBuffer(count: 0)
        rotated = AlignedBuffer(count: 0)
        code = AlignedBuffer(count: 0)
        keys = AlignedBuffer(count: 0)
        ids = AlignedBuffer(count: IndexFormat.degreeMax)
        dots = AlignedBuffer(count: IndexFormat.degreeMax)
        visited = VisitedSet(nodes: 0)
    }

    func take() {
        let wasBusy = isBusy.exchange(true, ordering: .acquiring)
        precondition(!wasBusy, "a SearchScratch serves one search at a time; give each thread its own")
    }

    func giveBack() { isBusy.store(false, ordering: .releasing) }

    func fit(dimensions: Int, nodes: Int, ef: Int) {
        let padded = IndexFormat.rounded(dimensions, to: IndexFormat.lineBytes)
        if query.count < padded {
            query = AlignedBuffer(count: padded)
            rotated = AlignedBuffer(count: padded)
            code = AlignedBuffer(count: padded)
        }
        if keys.count < ef { keys = AlignedBuffer(count: ef) }
        if visited.capacity < nodes { visited = VisitedSet(nodes: nodes) }
    }
}

/// Scratch spaces for callers who bring none: as many as there ever were searches at once.
final class ScratchPool: Sendable {
    private let idle = Mutex<[SearchScratch]>([])

    func take() -> SearchScratch { idle.withLock { $0.popLast() } ?? SearchScratch() }

    func giveBack(_ scratch: SearchScratch) { idle.withLock { $0.append(scratch) } }
}
