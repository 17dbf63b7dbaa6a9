import Testing
import TriageServer

@Suite("The circuit breaker's states")
struct CircuitStateTests {
    private let start = ContinuousClock().now
    private let pause = Duration.seconds(30)

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func closed(failuresMax: Int = 3) -> CircuitState { CircuitState(failuresMax: failuresMax, pause: pause) }

    private func admit(_ state: inout CircuitState, at now: ContinuousClock.Instant) throws -> CircuitState.Admission {
        let admission = state.admit(at: now)
        return try #require(admission)
    }

    /// Whether it would admit somebody; changes nothing.
    private func admits(_ state: CircuitState, at now: ContinuousClock.Instant) -> Bool {
        var copy = state
        return copy.admit(at: now) != nil
    }

    /// Opened at second 0 by one failure.
    private func opened() throws -> CircuitState {
        var state = closed(failuresMax: 1)
        state.record(success: false, of: try admit(&state, at: start), at: start)
        return state
    }

    @Test func closedAdmitsEverybody() throws {
        var state = closed()
        for _ in 0..<100 { _ = try admit(&state, at: start) }
    }

    @Test func failuresInARowOpenIt() throws {
        var state = closed()
        for _ in 0..<2 { state.record(success: false, of: try admit(&state, at: start), at: start) }
        let third = try admit(&state, at: start)
        state.record(success: false, of: third, at: at(5))
        #expect(!admits(state, at: at(5)))
        #expect(!admits(state, at: at(34.999)))
        #expect(admits(state, at: at(35)))
    }

    @Test func aSuccessBetweenForgetsFailures() throws {
        var state = closed()
        for success in [false, false, true, false, false] {
            state.record(success: success, of: try admit(&state, at: start), at: start)
        }
        #expect(admits(state, at: start))
    }

    @Test func oneProbesAndItsSuccessCloses() throws {
        var state = try opened()
        let probe = try admit(&state, at: at(30))
        #expect(!admits(state, at: at(31)))
        state.record(success: true, of: probe, at: at(32))
        for _ in 0..<2 { _ = try admit(&state, at: at(32)) }
    }

    @Test func aProbesFailureOpensForAWholePause() throws {
        var state = try opened()
        state.record(success: false, of: try admit(&state, at: at(40)), at: at(50))
        #expect(!admits(state, at: at(79)))
        #expect(admits(state, at: at(80)))
    }

    @Test func anAbandonedProbeLetsTheNextTryAtOnce() throws {
        var state = try opened()
        state.abandon(try admit(&state, at: at(30)))
        let second = try admit(&state, at: at(30))
        #expect(!admits(state, at: at(30)))
        state.record(success: true, of: second, at: at(31))
        #expect(admits(state, at: at(31)))
    }

    @Test func abandoningAnOrdinaryCallChangesNothing() throws {
        var state = closed()
        for _ in 0..<2 { state.record(success: false, of: try admit(&state, at: start), at: start) }
        let before = state
        state.abandon(try admit(&state, at: start))
        #expect(state == before)
    }

    /// Calls of before the circuit opened say nothing about now.
    @Test(arguments: [true, false])
    func lateOutcomesAreIgnored(success: Bool) throws {
        var state = closed(failuresMax: 1)
        let late = try (0..<4).map { _ in try admit(&state, at: start) }
        state.record(success: false, of: late[0], at: start)

        let open = state
        state.record(success: success, of: late[1], at: at(1))
        #expect(state == open)

        let probe = try admit(&state, at: at(30))
        let probing = state
        state.record(success: success, of: late[2], at: at(31))
        state.abandon(late[3])
        #expect(state == probing)

        state.record(success: true, of: probe, at: at(32))
        let closedAgain = state
        state.record(success: success, of: late[3], at: at(33))
        #expect(state == closedAgain)
    }

    @Test func anOutcomeHandedBackTwiceCountsOnce() throws {
        var state = try opened()
        let probe = try admit(&state, at: at(30))
        state.record(success: true, of: probe, at: at(30))
        state.record(success: false, of: probe, at: at(30))
        #expect(admits(state, at: at(30)))
    }
}
