/// What one worker of a build needs to search and to choose neighbours, allocated once.
///
/// `@unchecked Sendable`: each is used by one worker at a time.
final class BuildScratch: @unchecked Sendable {
    let beamWidth: Int
    let degree: Int
    /// Candidates that one choice may weigh: a beam, the node's own neighbours and those who want to be.
    let candidatesMax: Int
    let beamKeys: AlignedBuffer<UInt64>
    let candidates: AlignedBuffer<UInt64>
    let remaining: AlignedBuffer<UInt64>
    let ids: AlignedBuffer<UInt32>
    let distances: AlignedBuffer<Int32>
    let chosen: AlignedBuffer<UInt32>
    var visited: VisitedSet
    var query: CodeSpace.Query
    var other: CodeSpace.Query
    private let codes: AlignedBuffer<Int8>

    init(nodes: Int, degree: Int, beamWidth: Int, codeBytes: Int) {
        self.beamWidth = beamWidth
        self.degree = degree
        candidatesMax = beamWidth + 4 * degree
        beamKeys = AlignedBuffer(count: beamWidth)
        candidates = AlignedBuffer(count: candidatesMax)
        remaining = AlignedBuffer(count: candidatesMax)
        ids = AlignedBuffer(count: max(candidatesMax, degree))
        distances = AlignedBuffer(count: max(candidatesMax, degree))
        chosen = AlignedBuffer(count: degree)
        visited = VisitedSet(nodes: nodes)
        codes = AlignedBuffer(count: 2 * codeBytes)
        query = CodeSpace.Query(code: codes.base)
        other = CodeSpace.Query(code: codes.base + codeBytes)
    }
}
