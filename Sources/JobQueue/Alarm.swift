import Synchronization

/// Wakes one sleeping task. Ringing while nobody sleeps is remembered, and rings in a row count once.
final class Alarm: Sendable {
    private struct State {
        var hasRung = false
        var sleeper: (number: Int, continuation: CheckedContinuation<Void, Never>)?
        var slept = 0
    }

    private let state = Mutex(State())

    func ring() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            if state.sleeper == nil { state.hasRung = true }
            return state.sleeper?.continuation
        }
        sleeper?.resume()
    }

    /// Returns when the alarm rings or the time comes. One task at a time.
    func sleep(until time: ContinuousClock.Instant?) async {
        let number = state.withLock { state in
            state.slept += 1
            return state.slept
        }
        let timer = time.map { time in
            Task {
                do { try await Task.sleep(until: time, clock: .continuous) } catch { return }
                wake(number)
            }
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                defer { state.hasRung = false }
                if !state.hasRung { state.sleeper = (number, continuation) }
                return state.hasRung
            }
            if isOver { continuation.resume() }
        }
        timer?.cancel()
    }

    /// Ends the given sleep only, so that a timer that comes too late disturbs no later one.
    private func wake(_ number: Int) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let sleeper = state.sleeper else {
                // The timer was faster than its sleeper.
                if state.slept == number { state.hasRung = true }
                return nil
            }
            guard sleeper.number == number else { return nil }
            state.sleeper = nil
            return sleeper.continuation
        }
        sleeper?.resume()
    }
}
