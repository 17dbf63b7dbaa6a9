import Postgres
import Synchronization

/// Lets what many ask for at the same time be done together. While work on a key is under way, what else comes for it
/// waits and is done in one go afterwards; nobody waits for others to come.
package final class Batcher<Key: Hashable & Sendable, Item: Sendable, Outcome: Sendable>: Sendable {
    /// One outcome an item, in their order.
    package typealias Work = @Sendable (Key, [Item]) async -> [Result<Outcome, any Error>]

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

    private func run(_ key: Key) async {
        while true {
            let batch = lines.withLock { lines in take(key, &lines) }
            if batch.isEmpty { return }
            for (asked, outcome) in zip(batch, await work(key, batch.map(\.item))) { asked.answer.settle(outcome) }
        }
    }

    private func take(_ key: Key, _ lines: inout [Key: Line]) -> [Asked] {
        guard var line = lines[key] else { return [] }
        let batch = Array(line.waiting.prefix(Limits.items))
        line.waiting.removeFirst(batch.count)
        if batch.isEmpty { line.laneCount -= 1 }
        lines[key] = line.laneCount > 0 ? line : nil
        return batch
    }
}
