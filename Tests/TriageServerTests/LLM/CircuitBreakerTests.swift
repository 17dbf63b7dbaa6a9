import Synchronization
import Testing
import TriageServer

/// A clock that moves when it is told to.
private final class HandClock: Sendable {
    private let instant = Mutex(ContinuousClock().now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(by duration: Duration) { instant.withLock { $0 += duration } }
}

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    @Test func amongManyAtOnceOneProbes() async throws {
        let clock = HandClock()
        let breaker = CircuitBreaker(failuresMax: 2, pause: .seconds(10)) { clock.now }
        for _ in 0..<2 { breaker.record(success: false, of: try #require(breaker.admit())) }

        for round in 0..<20 {
            clock.advance(by: .seconds(9))
            #expect(breaker.admit() == nil, "round \(round)")
            clock.advance(by: .seconds(1))
            let probes = await withTaskGroup(of: CircuitState.Admission?.self) { group in
                for _ in 0..<200 { group.addTask { breaker.admit() } }
                return await group.reduce(into: []) { admitted, admission in admitted += admission.map { [$0] } ?? [] }
            }
            #expect(probes.count == 1, "round \(round)")
            breaker.record(success: false, of: try #require(probes.first))
        }

        clock.advance(by: .seconds(10))
        breaker.record(success: true, of: try #require(breaker.admit()))
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { breaker.admit() != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(admitted == 200)
    }

    @Test func failuresOfManyAtOnceOpenItOnce() async throws {
        let clock = HandClock()
        let breaker = CircuitBreaker(failuresMax: 5, pause: .seconds(10)) { clock.now }
        let admissions = try (0..<100).map { _ in try #require(breaker.admit()) }
        await withTaskGroup(of: Void.self) { group in
            for admission in admissions { group.addTask { breaker.record(success: false, of: admission) } }
        }
        #expect(breaker.admit() == nil)
        clock.advance(by: .seconds(10))
        #expect(breaker.admit() != nil)
        #expect(breaker.admit() == nil)
    }
}
