import Synchronization
import Testing
import VectorIndex

@Suite("Swapping generations under load")
struct SwapTests {
    @Test("readers see one generation or the other, whole, and never none", .timeLimit(.minutes(2)))
    func swapUnderReaders() async throws {
        // Generation g holds every vector under ids that end in g, so that a mixed answer would show.
        var source = ClusteredVectors(dimensions: 32, seed: 51)
        let vectors = source.next(600)
        let queries = source.next(50)
        let paths = try (0..<2).map { generation in
            var builder = SnapshotBuilder(
                dimensions: 32, metric: .cosine,
                parameters: BuildParameters(
                    exactScanMax: generation == 0 ? 0 : 2_000, sourceVersion: UInt64(generation)))
            for (i, vector) in vectors.enumerated() { try builder.add(id: UInt64(10 * i + generation), vector: vector) }
            let path = try Fixture.path()
            try builder.write(to: path)
            return path
        }
        let index = try LiveIndex(Snapshot(path: paths[0]))
        let done = Flag()
        let swaps = 200
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var answers = 0
                    let scratch = SearchScratch()
                    while !done.isSet.load(ordering: .acquiring) || answers == 0 {
                        let snapshot = index.current.snapshot
                        let found = try snapshot.search(queries[answers % queries.count], k: 10, scratch: scratch)
                        #expect(found.count == 10)
                        #expect(found.allSatisfy { $0.id % 10 == snapshot.info.sourceVersion })
                        answers += 1
                        if answers % 64 == 0 { await Task.yield() }
                    }
                    return answers
                }
            }
            for swap in 1...swaps {
                let next = try Snapshot(path: paths[swap % 2])
                #expect(index.current.version == UInt64((swap + 1) % 2))
                try index.replace(next)
                await Task.yield()
            }
            done.isSet.store(true, ordering: .releasing)
            for try await answers in group { #expect(answers > 0) }
        }
    }

    @Test("a generation goes when its last reader lets go of it")
    func released() throws {
        let path = try Fixture.path()
        try Fixture.write([[1, 0]], to: path)
        let index = try LiveIndex(Snapshot(path: path))
        weak let seen = index.current
        #expect(seen != nil)
        try index.install(Snapshot(path: path))
        #expect(seen == nil)
    }
}

/// One bit that tasks share.
private final class Flag: Sendable {
    let isSet = Atomic(false)
}
