import Synchronization

/// The memory that one search at a time works in. A thread that searches often keeps one, so that a search allocates
/// nothing but its answer; it grows to fit any snapshot.
///
/// `@unchecked Sendable`: a search takes it exclusively by `isBusy` and traps when it is taken.
public final class SearchScratch: @unchecked Sendable {
    private let isBusy = Atomic<Bool>(false)
    private(set) var query: AlignedBuffer<Float>
    private(set) var code: QueryCode
    private(set) var ids: AlignedBuffer<UInt32>
    private(set) var rows: AlignedBuffer<UInt32>
    private(set) var scores: AlignedBuffer<Float>
    let walk = WalkScratch()
    /// What the last search did. Read it between searches, on the thread that searches.
    public internal(set) var statistics = SearchStatistics()

    /// Empty; it grows with the first search.
    public init() {
        query = AlignedBuffer(count: 0)
        code = QueryCode(codeBytes: 0, planes: 1)
        ids = AlignedBuffer(count: 0)
        rows = AlignedBuffer(count: 0)
        scores = AlignedBuffer(count: 0)
    }

    func take() {
        let wasBusy = isBusy.exchange(true, ordering: .acquiring)
        precondition(!wasBusy, "a SearchScratch serves one search at a time; give each thread its own")
        statistics = SearchStatistics()
    }

    func giveBack() { isBusy.store(false, ordering: .releasing) }

    func fit(dimensions: Int) {
        if query.count < dimensions { query = AlignedBuffer(count: dimensions) }
    }

    /// Fits a walk of so many nearest nodes. - Parameter recorded: expanded nodes to keep; some when nil.
    func fit(_ layout: RowLayout, nodes: Int, nearest: Int, recorded: Int? = nil) {
        if code.codeBytes != layout.codeBytes || code.planes != layout.planes {
            code = QueryCode(codeBytes: layout.codeBytes, planes: layout.planes)
        }
        let recorded = recorded ?? max(4 * nearest, 2048)
        walk.fit(nodes: nodes, nearest: nearest, recorded: recorded)
        let room = walk.recorded.count
        if ids.count < room {
            ids = AlignedBuffer(count: room)
            rows = AlignedBuffer(count: room)
            scores = AlignedBuffer(count: room)
        }
    }
}

/// Scratch spaces for callers who bring none: as many as there ever were searches at once.
final class ScratchPool: Sendable {
    private let idle = Mutex<[SearchScratch]>([])

    func take() -> SearchScratch { idle.withLock { $0.popLast() } ?? SearchScratch() }

    func giveBack(_ scratch: SearchScratch) { idle.withLock { $0.append(scratch) } }
}
