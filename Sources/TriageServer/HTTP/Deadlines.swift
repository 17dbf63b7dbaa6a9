import Synchronization

/// Ends what takes too long: requests, and bodies that do not arrive. One look a second at all of them costs less than a
/// timer for each.
package final class Deadlines: Sendable {
    private struct Entry {
        var deadline: ContinuousClock.Instant
        var cancel: @Sendable () -> Void
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var added = 0
    }

    static let interval = Duration.seconds(1)

    private let state = Mutex(State())

    package init() {}

    /// Does the work in a task of its own, which is cancelled when its time is up. A value that it returns all the same
    /// counts: it may be of something that was done.
    ///
    /// - Throws: what the work throws; `late` when its time was up.
    func bound<Value: Sendable>(
        within time: Duration, on executor: any TaskExecutor, orElse late: APIError,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // On the connection's own thread it begins at once rather than after a turn of the loop.
        let task =
            executor is LoopTaskExecutor
            ? Task.immediate(executorPreference: executor, operation: work)
            : Task(executorPreference: executor, operation: work)
        let number = add(Entry(deadline: .now + time, cancel: { task.cancel() }))
        do {
            let value = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            _ = remove(number)
            return value
        } catch {
            // Whatever the work says of its cancellation, the reason is the time.
            throw remove(number) ? error : late
        }
    }

    private func add(_ entry: Entry) -> Int {
        state.withLock { state in
            state.added += 1
            state.entries[state.added] = entry
            return state.added
        }
    }

    /// - Returns: false when its time was up before.
    private func remove(_ number: Int) -> Bool { state.withLock { $0.entries.removeValue(forKey: number) != nil } }

    /// Looks until the task is cancelled.
    func run() async {
        while (try? await ContinuousClock().sleep(for: Self.interval)) != nil {
            let now = ContinuousClock.now
            let late = state.withLock { state in
                let late = state.entries.filter { $0.value.deadline <= now }
                for number in late.keys { state.entries[number] = nil }
                return late.values
            }
            for entry in late { entry.cancel() }
        }
    }
}
