import Glibc
import VectorIndex

/// A line on the terminal that says how far a build is, with rate and time left; silent when standard error is no
/// terminal.
struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private var phase: BuildProgress.Phase?
    private var started: ContinuousClock.Instant
    private var drawn: ContinuousClock.Instant

    init() {
        started = clock.now
        drawn = clock.now - .seconds(1)
    }

    mutating func show(_ progress: BuildProgress) {
        guard isTerminal, progress.total > 0 else { return }
        let now = clock.now
        if progress.phase != phase {
            phase = progress.phase
            started = now
        }
        let isDone = progress.done >= progress.total
        guard isDone || now - drawn > .milliseconds(100) else { return }
        drawn = now
        let share = Double(progress.done) / Double(progress.total)
        let seconds = Text.seconds(now - started)
        let width = 30
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        var line = "\r\(Text.padded(progress.phase.rawValue, 9)) [\(bar)] \(Text.fixed(share * 100, 0)) %"
        if seconds > 0, progress.done > 0 {
            line += "  \(Text.grouped(Int(Double(progress.done) / seconds)))/s"
            if !isDone { line += "  \(Text.fixed(seconds / share - seconds, 0)) s left" }
        }
        line += "\u{1B}[K" + (isDone ? "\n" : "")
        StandardError.write(line)
    }
}
