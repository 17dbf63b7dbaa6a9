import Testing
import TriageServer

@Suite("What an index needs next")
struct IndexPlanTests {
    private typealias Figures = IndexPlan.Figures

    private let start = ContinuousClock.now
    private let limits = IndexPlan.Limits()

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A plan that serves those figures.
    private func serving(_ figures: Figures) -> IndexPlan {
        var plan = IndexPlan(limits: limits)
        plan.begin(.open)
        plan.installed(figures, now: start)
        return plan
    }

    @Test func opensFirstAndOnlyOnce() {
        var plan = IndexPlan(limits: limits)
        #expect(plan.unavailability(now: start) != nil)
        #expect(plan.problem(now: start) == nil)
        #expect(plan.next(now: start) == .open)
        plan.begin(.open)
        #expect(plan.next(now: start) == .wait(until: nil))
        plan.installed(Figures(version: 4, rows: 10), now: start)
        #expect(plan.unavailability(now: start) == nil)
        #expect(plan.next(now: start) == .wait(until: nil))
        #expect(plan.sourceVersion == 4)
    }

    @Test func takesOverAChangeAtOnceAndWritesItWhenItIsQuiet() {
        var plan = serving(Figures(version: 4, rows: 10))
        plan.sourceMoved(to: 5, now: after(1))
        #expect(plan.next(now: after(1)) == .catchUp)
        plan.begin(.catchUp)
        #expect(plan.next(now: after(1)) == .wait(until: nil))
        plan.caughtUp(Figures(version: 5, rows: 11, pending: 1), now: after(1))
        #expect(plan.next(now: after(1)) == .wait(until: after(4)))
        plan.sourceMoved(to: 6, now: after(3))
        plan.begin(.catchUp)
        plan.caughtUp(Figures(version: 6, rows: 12, pending: 2), now: after(3))
        #expect(plan.next(now: after(4)) == .wait(until: after(6)))
        #expect(plan.next(now: after(6)) == .rebuild)
        plan.begin(.rebuild)
        plan.installed(Figures(version: 6, rows: 12), now: after(7))
        #expect(plan.next(now: after(7)) == .wait(until: nil))
    }

    /// A stream of changes without a pause does not put the next generation off for ever.
    @Test func writesAfterAWhileEvenWhenItIsNeverQuiet() {
        var plan = serving(Figures(version: 0, rows: 10))
        for second in 1...31 {
            plan.sourceMoved(to: Int64(second), now: after(Double(second)))
            plan.begin(.catchUp)
            plan.caughtUp(Figures(version: Int64(second), rows: 10, pending: second), now: after(Double(second)))
            #expect((plan.next(now: after(Double(second))) == .rebuild) == (second == 31))
        }
    }

    @Test func aLargeIndexIsExtendedAndWaitsLongerForIt() {
        var plan = serving(Figures(version: 0, rows: 20_000, hasGraph: true))
        plan.sourceMoved(to: 1, now: start)
        plan.begin(.catchUp)
        plan.caughtUp(Figures(version: 1, rows: 20_000, pending: 1, hasGraph: true), now: start)
        #expect(plan.next(now: start) == .wait(until: after(30)))
        #expect(plan.next(now: after(30)) == .extend)
        // Many changes are due at once.
        plan.sourceMoved(to: 2, now: start)
        plan.begin(.catchUp)
        plan.caughtUp(Figures(version: 2, rows: 20_000, pending: 1_000, hasGraph: true), now: start)
        #expect(plan.next(now: start) == .extend)
    }

    @Test(arguments: [
        (Figures(version: 1, rows: 2_001, pending: 1_000, hasGraph: false), IndexPlan.Action.rebuild),
        (Figures(version: 1, rows: 20_000, pending: 1_000, hasGraph: true, grown: 4_999), .extend),
        (Figures(version: 1, rows: 20_000, pending: 1_000, hasGraph: true, grown: 5_001), .rebuild),
        (Figures(version: 1, rows: 2_000, pending: 1_000, hasGraph: true), .rebuild),
    ])
    func builtAnewWhereExtendingIsNoUse(figures: IndexPlan.Figures, action: IndexPlan.Action) {
        var plan = serving(Figures(version: 0, rows: figures.rows, hasGraph: figures.hasGraph))
        plan.sourceMoved(to: 1, now: start)
        plan.begin(.catchUp)
        plan.caughtUp(figures, now: start)
        #expect(plan.next(now: start) == action)
    }

    /// While a generation is written, changes go on being taken over, up to a bound.
    @Test func followsWhileItWritesUpToABound() {
        var plan = serving(Figures(version: 0, rows: 10))
        plan.sourceMoved(to: 1, now: start)
        plan.begin(.catchUp)
        plan.caughtUp(Figures(version: 1, rows: 10, pending: 256), now: start)
        plan.begin(.rebuild)
        plan.sourceMoved(to: 2, now: start)
        #expect(plan.next(now: start) == .catchUp)
        plan.begin(.catchUp)
        plan.caughtUp(Figures(version: 2, rows: 10, pending: 1_024), now: start)
        plan.sourceMoved(to: 3, now: after(1))
        #expect(plan.next(now: after(1)) == .wait(until: nil))
        // Behind for too long, it leaves the answer to pgvector until the generation is there.
        #expect(plan.unavailability(now: after(30)) == nil)
        #expect(plan.unavailability(now: after(31)) != nil)
        plan.installed(Figures(version: 1, rows: 10, pending: 1_024 - 256), now: after(32))
        #expect(plan.next(now: after(32)) == .catchUp)
    }

    @Test func rebuildsWhatTheLogCannotExplain() {
        var plan = serving(Figures(version: 9, rows: 20_000, hasGraph: true))
        plan.sourceMoved(to: 3, now: start)
        #expect(plan.next(now: start) == .catchUp)
        plan.begin(.catchUp)
        plan.logCannotSay()
        #expect(plan.next(now: start) == .rebuild)
        plan.begin(.rebuild)
        #expect(plan.next(now: start) == .wait(until: nil))
        plan.installed(Figures(version: 3, rows: 20_000, hasGraph: true), now: after(1))
        #expect(plan.next(now: after(1)) == .wait(until: nil))
        #expect(plan.unavailability(now: after(60)) == nil)
    }

    @Test func damageIsRepairedAfterItsDelay() {
        var plan = serving(Figures(version: 1, rows: 10))
        plan.isDamaged("bad checksum", now: after(5))
        #expect(plan.unavailability(now: after(5)) == "bad checksum")
        #expect(plan.problem(now: after(5))?.contains("bad checksum") == true)
        #expect(plan.next(now: after(5)) == .wait(until: after(65)))
        #expect(plan.next(now: after(65)) == .rebuild)
        plan.begin(.rebuild)
        plan.installed(Figures(version: 2, rows: 10), now: after(66))
        #expect(plan.unavailability(now: after(66)) == nil)
        #expect(plan.problem(now: after(66)) == nil)
    }

    /// A full disk, say: what is served goes on, the operator is told, and it is tried again.
    @Test func whatCannotBeWrittenGoesOnServing() {
        var plan = serving(Figures(version: 1, rows: 10))
        plan.sourceMoved(to: 2, now: start)
        plan.begin(.catchUp)
        plan.caughtUp(Figures(version: 2, rows: 11, pending: 1), now: start)
        plan.begin(.rebuild)
        plan.notInstalled(because: "disk full", problem: "disk full", now: after(3))
        #expect(plan.unavailability(now: after(3)) == nil)
        #expect(plan.problem(now: after(3))?.contains("disk full") == true)
        #expect(plan.next(now: after(3)) == .wait(until: after(8)))
        #expect(plan.next(now: after(8)) == .rebuild)
        plan.begin(.rebuild)
        plan.installed(Figures(version: 2, rows: 11), now: after(9))
        #expect(plan.problem(now: after(9)) == nil)
    }

    @Test func aFirstOneThatCannotBeWrittenIsLeftToPgvector() {
        var plan = IndexPlan(limits: limits)
        plan.begin(.open)
        plan.notInstalled(because: "no directory", problem: "no directory", now: start)
        #expect(plan.unavailability(now: start) == "no directory")
        #expect(plan.problem(now: start)?.contains("no directory") == true)
        #expect(plan.next(now: after(5)) == .rebuild)
    }

    @Test func postgresAwayIsNoProblemOfTheIndex() {
        var plan = IndexPlan(limits: limits)
        plan.begin(.open)
        plan.notInstalled(because: "Postgres is away", problem: nil, now: start)
        #expect(plan.problem(now: start) == nil)
        #expect(plan.next(now: after(1)) == .wait(until: after(5)))
        #expect(plan.next(now: after(5)) == .open)
        plan = serving(Figures(version: 1, rows: 10))
        plan.sourceMoved(to: 2, now: start)
        plan.begin(.catchUp)
        plan.readFailed(now: start)
        #expect(plan.next(now: after(1)) == .wait(until: after(5)))
        #expect(plan.next(now: after(5)) == .catchUp)
    }

    @Test func waitsForAnotherProcessAndLooksAgainSoon() {
        var plan = IndexPlan(limits: limits)
        plan.begin(.open)
        plan.isWrittenElsewhere(now: start)
        #expect(plan.problem(now: start) == nil)
        #expect(plan.unavailability(now: start)?.contains("another process") == true)
        #expect(plan.next(now: after(0.5)) == .open)
    }

    /// Damage that is found while the next generation is being written does not start a second writer.
    @Test func damageDuringAWriteWaitsForItsOutcome() {
        var plan = serving(Figures(version: 1, rows: 10))
        plan.begin(.extend)
        plan.isDamaged("gone", now: start)
        #expect(plan.next(now: after(100)) == .wait(until: nil))
        plan.installed(Figures(version: 1, rows: 10), now: after(101))
        #expect(plan.unavailability(now: after(101)) == nil)
    }
}
