import Postgres
import Synchronization
import Testing
import TriageServer

@Suite("Batches")
struct BatcherTests {
    /// Work that stands still until it is let go, and notes what it was given.
    private final class Bench: Sendable {
        private struct State {
            var batches: [[Int]] = []
            var held: [CheckedContinuation<Void, Never>] = []
            var isOpen = false
        }

        private let state = Mutex(State())

        var batches: [[Int]] { state.withLock { $0.batches } }

        func work(_ items: [Int], _ settle: @escaping Numbers.Settle) async {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    state.batches.append(items)
                    if !state.isOpen { state.held.append(continuation) }
                    return state.isOpen
                }
                if goesOn { continuation.resume() }
            }
            for (place, item) in items.enumerated() {
                settle(place, item % 10 == 9 ? .failure(Refused(item: item)) : .success(item * 2))
            }
        }

        func open() {
            let held = state.withLock { state in
                state.isOpen = true
                return state.held
            }
            for continuation in held { continuation.resume() }
        }
    }

    private struct Refused: Error, Equatable { var item: Int }

    private typealias Numbers = Batcher<String, Int, Int>

    private func waitUntil(_ holds: () -> Bool) async throws { try await until("the batches are so far") { holds() } }

    /// Batches of one item that stand still, one after another: those that come together are one batch.
    private func hold(_ count: Int, _ bench: Bench, _ batcher: Numbers) async throws -> [Task<Int, any Error>] {
        var tasks: [Task<Int, any Error>] = []
        for number in 0..<count {
            tasks.append(Task { try await batcher.outcome(of: number, for: "a") })
            try await waitUntil { bench.batches.count == number + 1 }
        }
        return tasks
    }

    @Test func whatComesMeanwhileIsDoneTogetherAndEachGetsItsOwn() async throws {
        let bench = Bench()
        let batcher = Numbers { _, items, settle in
            await bench.work(items, settle)
            return nil
        }
        let lanes = Numbers.Limits().batches
        let first = try await hold(lanes, bench, batcher)
        let rest = (100..<200).map { number in Task { try await batcher.outcome(of: number, for: "a") } }
        let other = Task { try await batcher.outcome(of: 7, for: "b") }
        try await waitUntil { bench.batches.contains([7]) && batcher.waitingCount(for: "a") == 100 }
        bench.open()
        for (number, task) in first.enumerated() { #expect(try await task.value == number * 2) }
        for (number, task) in zip(100..<200, rest) {
            if number % 10 == 9 {
                await #expect(throws: Refused(item: number)) { try await task.value }
            } else {
                #expect(try await task.value == number * 2)
            }
        }
        #expect(try await other.value == 14)
        #expect(bench.batches.flatMap { $0 }.count == lanes + 100 + 1)
        // The hundred in as few batches as they fit into.
        #expect(bench.batches.map(\.count).sorted() == [1, 1, 1, 36, 64])
        #expect(try await batcher.outcome(of: 1, for: "a") == 2, "and it goes on")
    }

    @Test func whoIsCancelledStopsWaitingAndNobodyElse() async throws {
        let bench = Bench()
        let batcher = Numbers { _, items, settle in
            await bench.work(items, settle)
            return nil
        }
        let held = try await hold(Numbers.Limits().batches, bench, batcher)
        let waiting = (100..<104).map { number in Task { try await batcher.outcome(of: number, for: "a") } }
        try await waitUntil { batcher.waitingCount(for: "a") == 4 }
        for task in [held[0], waiting[0]] {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        bench.open()
        for (number, task) in held.enumerated().dropFirst() { #expect(try await task.value == number * 2) }
        for (number, task) in zip(100..<104, waiting).dropFirst() { #expect(try await task.value == number * 2) }
        #expect(!bench.batches.flatMap { $0 }.contains(100), "what nobody waits for any more is not begun")
    }

    /// While the database is away nobody waits for it longer than who has asked it.
    @Test func whatIsTheAnswerForAllIsGivenToThoseThatWait() async throws {
        let bench = Bench()
        let batcher = Numbers { _, items, settle in
            await bench.work(items) { place, _ in settle(place, .failure(Refused(item: 0))) }
            return Refused(item: 1)
        }
        let held = try await hold(Numbers.Limits().batches, bench, batcher)
        let waiting = (100..<104).map { number in Task { try await batcher.outcome(of: number, for: "a") } }
        try await waitUntil { batcher.waitingCount(for: "a") == 4 }
        bench.open()
        for task in held { await #expect(throws: Refused(item: 0)) { try await task.value } }
        for task in waiting { await #expect(throws: Refused(item: 1)) { try await task.value } }
        #expect(bench.batches.count == held.count)
    }

    @Test func notTooManyWaitAndNotForTooLong() async throws {
        let bench = Bench()
        var limits = Numbers.Limits()
        limits.waiting = 2
        let clock = Mutex(ContinuousClock.now)
        let batcher = Numbers(limits: limits, now: { clock.withLock { $0 } }) { _, items, settle in
            await bench.work(items, settle)
            return nil
        }
        _ = try await hold(limits.batches, bench, batcher)
        let waiting = (100..<102).map { number in Task { try await batcher.outcome(of: number, for: "a") } }
        try await waitUntil { batcher.waitingCount(for: "a") == 2 }
        let refused = await #expect(throws: PostgresError.self) { try await batcher.outcome(of: 102, for: "a") }
        #expect(refused?.code == .poolExhausted)
        clock.withLock { $0 += limits.waitMax + .milliseconds(1) }
        bench.open()
        for task in waiting {
            let late = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(late?.code == .poolExhausted)
        }
    }
}
