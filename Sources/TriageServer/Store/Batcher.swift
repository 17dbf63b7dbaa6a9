import Postgres
import Synchronization

/// Lets what many ask for at the same time be done together. While work on a key is under way, what else comes for it
/// waits and is done in one go afterwards; nobody waits for others to come.
package final class Batcher<Key: Hashable & Sendable, Item: Sendable, Outcome: Sendable>: Sendable {
    /// Tells the outcome of the item at that place.
    package typealias Settle = @Sendable (Int, Result<Outcome, any Error>) -> Void
    /// Settles every item, before it returns or later, and returns when the next batch may begin.
    ///
    /// - Returns: an error that is the answer for whoever waits as well: the database is away.
    package typealias Work = @Sendable (Key, [Item], @escaping Settle) async -> (any Error)?

    package struct Limits: Sendable {
        /// Batches of one key that are under way at a time. Two, so that one is worked on while the other's COMMIT waits for
        /// the disk.
        package var batches = 2
        /// Of one batch.
        package var items = 64
        /// Of one key that wait.
        package var waiting = 1_000
        /// How long they wait, to be looked at when a batch ends.
        package var waitMax = Duration.milliseconds(1_500)

        package init() {}
    }

    private struct Asked: Sendable {
        var item: Item
        var since: ContinuousClock.Instant
        var answer = PendingAnswer<Outcome, any Error>()
    }

    private struct Line {
        var waiting: [Asked] = []
        var batchCount = 0
    }

    private let limits: Limits
    private let lines = Mutex<[Key: Line]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant
    private let work: Work

    package init(
        limits: Limits = Limits(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        work: @escaping Work
    ) {
        self.limits = limits
        self.now = now
        self.work = work
    }

    /// Done with others' of the same key. Who is cancelled meanwhile does not know whether it will have been.
    ///
    /// - Throws: what the work says; `.poolExhausted` when too many wait, or for too long.
    package func outcome(of item: Item, for key: Key) async throws -> Outcome {
        let asked = Asked(item: item, since: now())
        let mustBegin = try lines.withLock { lines throws(PostgresError) in
            var line = lines[key] ?? Line()
            guard line.waiting.count < limits.waiting else { throw Self.exhausted }
            line.waiting.append(asked)
            let mustBegin = line.batchCount < limits.batches
            if mustBegin { line.batchCount += 1 }
            lines[key] = line
            return mustBegin
        }
        // A task of its own: it is not this caller's alone, and goes on when this caller is cancelled.
        if mustBegin { Task { await run(key) } }
        return try await asked.answer.outcome(ifCancelled: CancellationError()).get()
    }

    /// How many wait for a batch of that key to end.
    package func waitingCount(for key: Key) -> Int { lines.withLock { $0[key]?.waiting.count ?? 0 } }

    private static var exhausted: PostgresError {
        PostgresError(.poolExhausted, "too many requests of one kind wait to be written, or for too long; shed load")
    }

    private func run(_ key: Key) async {
        while let batch = lines.withLock({ lines in take(key, &lines) }) {
            let failure = await work(key, batch.map(\.item)) { number, outcome in batch[number].answer.settle(outcome) }
            guard let failure else { continue }
            for asked in lines.withLock({ lines in takeAll(key, &lines) }) { asked.answer.settle(.failure(failure)) }
        }
    }

    /// The next batch, without those who have gone or whose time is up; nil when nobody waits.
    private func take(_ key: Key, _ lines: inout [Key: Line]) -> [Asked]? {
        guard var line = lines[key] else { return nil }
        let now = now()
        line.waiting.removeAll { asked in
            if now - asked.since > limits.waitMax { asked.answer.settle(.failure(Self.exhausted)) }
            return !asked.answer.isWanted
        }
        let batch = Array(line.waiting.prefix(limits.items))
        line.waiting.removeFirst(batch.count)
        if batch.isEmpty { line.batchCount -= 1 }
        lines[key] = line.batchCount > 0 ? line : nil
        return batch.isEmpty ? nil : batch
    }

    private func takeAll(_ key: Key, _ lines: inout [Key: Line]) -> [Asked] {
        defer { lines[key]?.waiting = [] }
        return lines[key]?.waiting ?? []
    }
}
