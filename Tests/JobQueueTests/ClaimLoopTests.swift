import JobQueue
import Testing

/// When a worker claims, without a database and without waiting.
struct ClaimLoopTests {
    private let start = ContinuousClock.now
    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start + .milliseconds(Int64((seconds * 1_000).rounded()))
    }

    private func loop(concurrency: Int = 4, batchMax: Int = 3) -> ClaimLoop {
        ClaimLoop(concurrency: concurrency, batchMax: batchMax, pollInterval: .seconds(1), now: start)
    }

    @Test func looksAtOnceThenPolls() {
        var loop = loop()
        #expect(loop.next(now: at(0)) == .claim(count: 3))
        loop.claimed(0, of: 3, now: at(0.1))
        #expect(loop.next(now: at(0.2)) == .wait(until: at(1.1)))
        #expect(loop.next(now: at(1.1)) == .claim(count: 3))
    }

    @Test func goesOnWhileClaimsAreFullAndHandsAreFree() {
        var loop = loop()
        _ = loop.next(now: at(0))
        loop.claimed(3, of: 3, now: at(0))
        #expect(loop.next(now: at(0)) == .claim(count: 1))
        loop.claimed(1, of: 1, now: at(0))
        #expect(loop.next(now: at(0)) == .wait(until: nil))
        loop.finished()
        #expect(loop.next(now: at(0)) == .claim(count: 1))
        loop.claimed(0, of: 1, now: at(0))
        #expect(loop.next(now: at(0)) == .wait(until: at(1)))
    }

    @Test func aWakeDuringAClaimIsNotLost() {
        var loop = loop()
        _ = loop.next(now: at(0))
        loop.woken()
        loop.claimed(0, of: 3, now: at(0.1))
        #expect(loop.next(now: at(0.1)) == .claim(count: 3))
    }

    @Test func failuresBackOffWhateverWakes() {
        var loop = loop()
        _ = loop.next(now: at(0))
        loop.claimFailed(now: at(0), random: 0)
        loop.woken()
        #expect(loop.next(now: at(0)) == .wait(until: at(0.05)))
        #expect(loop.next(now: at(0.05)) == .claim(count: 3))
        loop.claimFailed(now: at(1), random: 0.999)
        guard case .wait(let until?) = loop.next(now: at(1)) else { Issue.record("does not wait"); return }
        #expect(until > at(1.1) && until <= at(1.2))
        _ = loop.next(now: until)
        loop.claimed(0, of: 3, now: until)
        #expect(loop.next(now: until) == .wait(until: until + .seconds(1)))
    }

    @Test func stopsWhenWhatRunsHasEnded() {
        var loop = loop()
        _ = loop.next(now: at(0))
        loop.claimed(1, of: 3, now: at(0))
        loop.stop()
        loop.woken()
        #expect(loop.next(now: at(5)) == .wait(until: nil))
        loop.finished()
        #expect(loop.next(now: at(5)) == .stopped)
    }
}
