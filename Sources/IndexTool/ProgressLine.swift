import Glibc

/// One line on the terminal that says how far a long command is: `linking  45 %  12,300 vectors/s  8 s left`. Silent when
/// standard error is no terminal.
struct ProgressLine {
    /// Whether anybody can see it: standard error is a terminal.
    static var isSeen: Bool { isatty(STDERR_FILENO) == 1 }
    static let erase = "\r\u{1B}[K"

    private let isTerminal = ProgressLine.isSeen
    private let clock = ContinuousClock()
    /// Vectors that each phase works through; the rate is of these. 0: no rate is shown.
    private let vectors: Int
    private var drawn: ContinuousClock.Instant?
    /// The phases so far, with when each began and was last heard of.
    private var phases: [(name: String, started: ContinuousClock.Instant, heard: ContinuousClock.Instant)] = []

    private static let interval = Duration.milliseconds(100)

    init(vectors: Int) { self.vectors = vectors }

    /// Seconds of each phase, in order.
    var seconds: [(phase: String, seconds: Double)] {
        phases.map { ($0.name, Text.seconds($0.heard - $0.started)) }
    }

    /// - Parameter total: 0: how far the phase is is not known.
    mutating func show(_ phase: String, done: Int, total: Int) {
        let now = clock.now
        let isNew = phase != phases.last?.name
        if isNew { phases.append((phase, now, now)) }
        phases[phases.count - 1].heard = now
        guard isTerminal, isNew || drawn.map({ now - $0 >= Self.interval }) ?? true else { return }
        drawn = now
        guard total > 0 else { return StandardError.write("\r\(phase) …\u{1B}[K") }
        let line = Self.text(
            phase, share: Double(done) / Double(total), seconds: Text.seconds(now - phases[phases.count - 1].started),
            vectors: vectors)
        StandardError.write("\r\(line)\u{1B}[K")
    }

    /// Makes room for the command's own last words.
    func clear() {
        if isTerminal, drawn != nil { StandardError.write(Self.erase) }
    }

    /// - Parameter share: of the phase that is done, from 0 to 1.
    static func text(_ phase: String, share: Double, seconds: Double, vectors: Int) -> String {
        var parts = ["\(phase)", "\(Text.fixed((share * 100).rounded(.down), 0)) %"]
        if share > 0, seconds >= 0.2 {
            if vectors > 0 { parts.append("\(Text.grouped(share * Double(vectors) / seconds)) vectors/s") }
            if share < 1 { parts.append("\(Text.span(seconds / share - seconds)) left") }
        }
        return parts.joined(separator: "  ")
    }
}
