import Foundation
import Testing
import VectorIndex

@Suite("Swapping generations under load")
struct SwapTests {
    private static let readers = 8
    private static let swaps = 600
    private static let pause = Duration.milliseconds(50)

    @Test(
        "8 readers, a swap every 50 ms for 30 s: every answer is right, of one generation, and none is late",
        .timeLimit(.minutes(5)))
    func swapUnderReaders() async throws {
        let plan = try SwapPlan()
        let index = try LiveIndex(plan.generation(0))
        try index.apply(plan.changes(of: 1), version: 1)
        let readers = (0..<Self.readers).map { SwapReader(index: index, plan: plan, number: $0) }
        let start = ContinuousClock.now
        var failure: (any Error)?
        do {
            // Swaps come at their times however long one takes.
            for swap in 1...Self.swaps {
                for version in SwapPlan.changes(before: swap) {
                    try index.apply(plan.changes(of: version), version: version)
                }
                let next = try plan.generation(swap)
                try await ContinuousClock().sleep(until: start + Self.pause * swap)
                let state = try index.install(next)
                // One change was ahead of the generation and stands on it, the others are a part of it.
                #expect(state.pendingChanges == SwapPlan.pending(state).count * SwapPlan.changesAtOnce)
            }
        } catch { failure = error }
        let took = ContinuousClock.now - start
        var figures = SwapFigures()
        for reader in readers { figures.add(await reader.stop()) }
        if let failure { throw failure }

        #expect(figures.faults.isEmpty, "\(figures.faults.prefix(5))")
        #expect(figures.answers > 0 && figures.states.count > 1)
        #expect(figures.families == Set(0..<UInt64(SwapPlan.families)))
        if figures.isDelayChecked {
            #expect(figures.delays.isEmpty, "\(figures.delays.prefix(5)) of \(figures.delays.count)")
        }
        print(
            """
            swaps: \(Self.swaps) in \(took), \(figures.answers) answers by \(Self.readers) threads, \
            \(figures.generations.count) generations and \(figures.states.count) states seen; \
            longest \(figures.longest), of it not waiting for a processor \(figures.longestOwn); \
            \(figures.waits) answers gave up the processor, the longest of them \(figures.longestWait); \
            \(figures.isDelayChecked ? "\(figures.delays.count) delayed" : "delays not checked: no schedstat")
            """)
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
