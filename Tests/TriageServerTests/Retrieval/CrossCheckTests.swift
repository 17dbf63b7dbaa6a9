import Synchronization
import Testing
import TriageServer

@Suite("Checking the index against pgvector")
struct CrossCheckTests {
    /// As many answers are checked as the share says, within five standard deviations.
    @Test(arguments: [0.0, 0.05, 0.5, 1.0])
    func checksItsShare(share: Double) {
        let seed: UInt64 = 20_261_125
        let numbers = Mutex(Numbers(state: seed))
        let check = CrossCheck(share: share) { numbers.withLock { $0.next() } }
        let count = 10_000
        let checked = (0..<count).count { _ in check.isDue() }
        let deviation = (Double(count) * share * (1 - share)).squareRoot()
        #expect(abs(Double(checked) - Double(count) * share) <= 5 * deviation, "seed \(seed)")
    }

    @Test func agreementCountsWhatWasFound() {
        let exact: [CrossCheck.Hit] = [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)]
        #expect(CrossCheck.agreed(exact, exact) == 4)
        #expect(CrossCheck.agreed([(1, 0.9), (2, 0.8), (4, 0.6), (9, 0.5)], exact) == 3)
        #expect(CrossCheck.agreed([], exact) == 0)
        // Fewer than there are is no agreement, however near the last one is.
        #expect(CrossCheck.agreed([(1, 0.9)], exact) == 1)
        // Answers that are nearer than any row are of rows that are gone.
        #expect(CrossCheck.agreed([(7, 0.99), (8, 0.99), (9, 0.99), (10, 0.99)], exact) == 0)
        #expect(CrossCheck.agreed([(9, 0.99), (1, 0.9), (2, 0.8), (3, 0.7)], exact) == 3)
        // Rows that are equally near may be either.
        #expect(CrossCheck.agreed([(1, 0.9), (2, 0.8), (3, 0.7), (5, 0.6)], exact) == 4)
    }

    /// A linear congruential generator, the same on every machine.
    private struct Numbers {
        var state: UInt64

        mutating func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
    }
}
