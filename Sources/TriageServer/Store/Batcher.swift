import Postgres
import Synchronization

/// Lets what many ask for at the same time be done together. While work on a key is under way, what else comes for it
/// waits and is done in one go afterwards; nobody waits for others to come.
package final class Batcher<Key: Hashable & Sendable, Item: Sendable, Outcome: Sendable>: Sendable {
    /// Tells the outcome of the item at that place, as soon as it is known.
    package typealias Settle = @Sendable (Int, Result<Outcome, any Error>) -> Void
    /// Settles every item before it returns.
    package typealias Work = @Sendable (Key, [Item], @escaping Settle) async -> Void

    package enum Limits {
        /// Batches of one key that are under way at a time. Two, so that one is worked on while the other's COMMIT waits for
        /// the disk.
        package static var lanes: Int { 2 }
        package static var items: Int { 64 }
    }

    private struct Asked: Sendable {
        var item: Item
        var answer = PendingAnswer<Outcome, any Error>()
    }

    private struct Line {
        var waiting: [Asked] = []
        var laneCount = 0
    }

    private let lines = Mutex<[Key: Line]>([:])
    private let work: Work

    package init(work: @escaping Work) { self.work = work }

    /// Done with others' of the same key. Who is cancelled meanwhile does not know whether it will have been.
    package func outcome(of item: Item, for key: Key) async throws -> Outcome {
        let asked = Asked(item: item)
        let mustBegin = lines.withLock { lines in
            var line = lines[key] ?? Line()
            line.waiting.append(asked)
            let mustBegin = line.laneCount < Limits.lanes
            if mustBegin { line.laneCount += 1 }
            lines[key] = line
            return mustBegin
        }
        // A task of its own: it is not this caller's alone, and goes on when this caller is cancelled.
        if mustBegin { Task { await run(key) } }
        return try await asked.answer.outcome(ifCancelled: CancellationError()).get()
    }

    /// How many wait for a batch of that key to end.
    package func waitingCount(for key: Key) -> Int { lines.withLock { $0[key]?.waiting.count ?? 0 } }

    private func run(_ key: Key) async {
        while let batch = lines.withLock({ lines in take(key, &lines) }) {
            await work(key, batch.map(\.item)) { number, outcome in batch[number].answer.settle(outcome) }
            precondition(!batch.contains { $0.answer.isWanted }, "the work has forgotten one of its items")
        }
    }

    /// What a lane does next: whoever has gone is left out. Nothing ends the lane.
    private func take(_ key: Key, _ lines: inout [Key: Line]) -> [Asked]? {
        guard var line = lines[key] else { return nil }
        line.waiting.removeAll { !$0.answer.isWanted }
        let batch = Array(line.waiting.prefix(Limits.items))
        line.waiting.removeFirst(batch.count)
        if batch.isEmpty { line.laneCount -= 1 }
        lines[key] = line.laneCount > 0 ? line : nil
        return batch.isEmpty ? nil : batch
    }
}
