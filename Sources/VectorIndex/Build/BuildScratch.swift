/// What one worker of a build needs to search and to choose neighbours, allocated once.
///
/// `@unchecked Sendable`: each is used by one worker at a time.
final class BuildScratch: @unchecked Sendable {
    /// Candidates that one choice may weigh; beyond them the nearest count.
    let candidatesMax: Int
    let walk = WalkScratch()
    let code: QueryCode
    let candidates: AlignedBuffer<UInt64>
    let remaining: AlignedBuffer<UInt64>
    let chosen: AlignedBuffer<UInt64>
    let ids: AlignedBuffer<UInt32>
    let distances: AlignedBuffer<Int32>
    let bits: AlignedBuffer<UInt8>
    var query: RowStore.Query
    var other: RowStore.Query
    private let codes: AlignedBuffer<Int8>

    init(store: RowStore, width: Int) {
        let codeBytes = store.layout.codeBytes
        let degree = store.layout.degree
        candidatesMax = 2 * width + 2 * WalkRule.hotMax + 2 * degree
        code = QueryCode(codeBytes: codeBytes, planes: store.layout.planes)
        candidates = AlignedBuffer(count: candidatesMax)
        remaining = AlignedBuffer(count: candidatesMax)
        chosen = AlignedBuffer(count: degree + 1)
        ids = AlignedBuffer(count: candidatesMax)
        distances = AlignedBuffer(count: candidatesMax)
        bits = AlignedBuffer(count: codeBytes)
        codes = AlignedBuffer(count: 2 * codeBytes)
        query = RowStore.Query(code: codes.base)
        other = RowStore.Query(code: codes.base + codeBytes)
        walk.fit(nodes: store.nodes, nearest: width, recorded: 2 * width)
    }
}
