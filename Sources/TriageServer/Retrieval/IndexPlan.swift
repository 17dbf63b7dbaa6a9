/// What one index needs next, and whether it may answer: a pure decision, driven by `IndexKeeper`. What happens to the
/// index goes in, what is to be done comes out; the clock is the caller's.
///
/// A change is served from memory at once (`catchUp`) and written to disk later, many together (`extend`): a generation
/// costs as much as the index is large, so a large index waits longer for it. Nothing is lost meanwhile, because the
/// rows and the log of their changes are in Postgres.
package struct IndexPlan: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Action: Equatable, Sendable {
        /// Open its file, or build it when there is none.
        case open
        /// Take over what changed in its rows.
        case catchUp
        /// Write the next generation out of this one and what changed since.
        case extend
        /// Build the next generation from the rows.
        case rebuild
        /// Nothing until then; nil: until something happens.
        case wait(until: Instant?)
    }

    package struct Limits: Sendable {
        /// An index of at most this many rows is scanned, and cheap to build from its rows.
        package var smallRows = 2_000
        /// Changes that make a generation due: this share of the rows, within these bounds.
        package var pendingShare = 0.05
        package var pendingBounds = 256...10_000
        /// Beyond how many times that no more changes are taken over before a generation is written.
        package var pendingFactorMax = 4
        /// A small index is written after this long without a change, or this long after the first one. A larger one
        /// waits longer in proportion, at most `delayMax`.
        package var quiet = Duration.seconds(3)
        package var delay = Duration.seconds(30)
        package var delayMax = Duration.seconds(3_600)
        /// The share of rows by which a graph may be extended before it is built anew.
        package var growthMax = 0.3
        /// How long a damaged file stays out of use before it is rebuilt.
        package var repairDelay = Duration.seconds(60)
        /// After how long is tried again what failed.
        package var retryDelay = Duration.seconds(5)
        /// How long another process may take before its result is looked for.
        package var busyDelay = Duration.milliseconds(500)
        /// How long an index may be behind its rows before pgvector answers instead.
        package var staleAfter = Duration.seconds(30)

        package init() {}
    }

    /// An index as it is served.
    package struct Figures: Equatable, Sendable {
        /// Of the rows that it answers with.
        package var version: Int64
        package var rows: Int
        /// Changes that are not in its file.
        package var pending: Int
        package var hasGraph: Bool
        /// Rows that its graph was extended by since it was built.
        package var grown: Int

        package init(version: Int64, rows: Int, pending: Int = 0, hasGraph: Bool = false, grown: Int = 0) {
            self.version = version
            self.rows = rows
            self.pending = pending
            self.hasGraph = hasGraph
            self.grown = grown
        }
    }

    private enum Phase: Sendable {
        /// Not open: untouched so far, or it could not be opened.
        case closed(reason: String)
        case damaged(reason: String)
        case serving(Figures)
    }

    private enum Work: Sendable { case reading, writing }

    private let limits: Limits
    private var phase = Phase.closed(reason: "the index has not been opened yet")
    private var underWay: Set<Work> = []
    /// Where the rows are, as far as is known.
    package private(set) var sourceVersion: Int64 = 0
    /// Since when the index has been behind them.
    private var behindSince: Instant?
    private var firstPendingAt: Instant?
    private var lastChangeAt: Instant?
    /// The log cannot say what changed.
    private var mustRebuild = false
    private var readAt: Instant?
    private var writeAt: Instant?
    /// Why the next generation could not be written.
    private var writeFailure: String?

    package init(limits: Limits = Limits()) { self.limits = limits }

    // MARK: What is so

    package var isServing: Bool { if case .serving = phase { true } else { false } }

    /// Whether a generation is being opened or written, so that the file may change without anyone having harmed it.
    package var isWriting: Bool { underWay.contains(.writing) }

    /// Why the index may not answer; nil when it may.
    package func unavailability(now: Instant) -> String? {
        switch phase {
        case .closed(let reason), .damaged(let reason): reason
        case .serving:
            behindSince.map { $0 + limits.staleAfter <= now } == true
                ? "the index is behind its rows" + (writeFailure.map { ": " + $0 } ?? "") : nil
        }
    }

    /// What an operator must know; nil when all is well.
    package func problem(now: Instant) -> String? {
        if case .damaged(let reason) = phase { return "pgvector answers instead: " + reason }
        if isServing, let reason = unavailability(now: now) { return "pgvector answers instead: " + reason }
        return writeFailure.map { "changes are kept in memory: " + $0 }
    }

    // MARK: What is next

    /// What to do now. `begin` says that it is being done.
    package func next(now: Instant) -> Action {
        switch phase {
        case .closed: return isWriting ? .wait(until: nil) : due(writeAt, now) ?? .open
        case .damaged: return isWriting ? .wait(until: nil) : due(writeAt, now) ?? .rebuild
        case .serving(let figures): return next(figures, now)
        }
    }

    private func next(_ figures: Figures, _ now: Instant) -> Action {
        var times: [Instant] = []
        let mayRead = !mustRebuild && !underWay.contains(.reading) && figures.pending < pendingMax(figures)
        if figures.version != sourceVersion, mayRead {
            guard case .wait(let time)? = due(readAt, now) else { return .catchUp }
            if let time { times.append(time) }
        }
        if !isWriting, let time = generationDue(figures, now) {
            let time = max(time, writeAt ?? time)
            if time <= now { return mustRebuild || isBuiltAnew(figures) ? .rebuild : .extend }
            times.append(time)
        }
        return .wait(until: times.min())
    }

    private func due(_ time: Instant?, _ now: Instant) -> Action? {
        guard let time, now < time else { return nil }
        return .wait(until: time)
    }

    private func generationDue(_ figures: Figures, _ now: Instant) -> Instant? {
        if mustRebuild { return now }
        guard figures.pending > 0, let first = firstPendingAt, let last = lastChangeAt else { return nil }
        if figures.pending >= pendingDue(figures) { return now }
        let patience = max(1, figures.rows / limits.smallRows)
        return min(
            last + min(limits.quiet * patience, limits.delayMax), first + min(limits.delay * patience, limits.delayMax))
    }

    private func pendingDue(_ figures: Figures) -> Int {
        let share = Int(Double(figures.rows) * limits.pendingShare)
        return min(max(share, limits.pendingBounds.lowerBound), limits.pendingBounds.upperBound)
    }

    private func pendingMax(_ figures: Figures) -> Int { pendingDue(figures) * limits.pendingFactorMax }

    /// Whether the rows are read again: there is no graph to extend, or it has been extended by too much.
    private func isBuiltAnew(_ figures: Figures) -> Bool {
        guard figures.rows > limits.smallRows, figures.hasGraph else { return true }
        return Double(figures.grown + figures.pending) > Double(figures.rows) * limits.growthMax
    }

    // MARK: What happens

    /// That action is being done; its outcome is reported by one of the functions below.
    package mutating func begin(_ action: Action) {
        switch action {
        case .catchUp: underWay.insert(.reading)
        case .open, .extend, .rebuild: underWay.insert(.writing)
        case .wait: break
        }
    }

    /// The rows are at that version.
    package mutating func sourceMoved(to version: Int64, now: Instant) {
        sourceVersion = version
        noteDistance(now)
    }

    /// Changes have been taken over.
    package mutating func caughtUp(_ figures: Figures, now: Instant) {
        underWay.remove(.reading)
        readAt = nil
        // The rows were just seen to be there, and no further.
        sourceVersion = figures.version
        serve(figures, now)
        if figures.pending > 0 {
            firstPendingAt = firstPendingAt ?? now
            lastChangeAt = now
        }
    }

    /// What was read is of no use: another generation has taken the index's place meanwhile.
    package mutating func readInVain() { underWay.remove(.reading) }

    /// The log of changes does not reach back as far, or says too much.
    package mutating func logCannotSay() {
        underWay.remove(.reading)
        mustRebuild = true
    }

    /// The rows could not be read: Postgres is away.
    package mutating func readFailed(now: Instant) {
        underWay.remove(.reading)
        readAt = now + limits.retryDelay
    }

    /// A generation was opened or written and answers from now on.
    package mutating func installed(_ figures: Figures, now: Instant) {
        underWay.remove(.writing)
        writeAt = nil
        writeFailure = nil
        mustRebuild = false
        firstPendingAt = figures.pending > 0 ? now : nil
        lastChangeAt = firstPendingAt
        serve(figures, now)
    }

    /// It could not be opened or written. What is served goes on being served.
    ///
    /// - Parameter problem: nil when there is nothing wrong with it: Postgres is away, say.
    package mutating func notInstalled(because reason: String, problem: String?, now: Instant) {
        underWay.remove(.writing)
        writeAt = now + min(limits.retryDelay, problem == nil ? limits.retryDelay : limits.repairDelay)
        if isServing {
            writeFailure = problem
        } else if case .closed = phase {
            phase = problem.map { .damaged(reason: $0) } ?? .closed(reason: reason)
        }
    }

    /// Another process is writing it.
    package mutating func isWrittenElsewhere(now: Instant) {
        underWay.remove(.writing)
        writeAt = now + limits.busyDelay
        if case .closed = phase { phase = .closed(reason: "another process is writing the index") }
    }

    /// It takes a while: pgvector answers meanwhile.
    package mutating func takesLonger(because reason: String) {
        if case .closed = phase { phase = .closed(reason: reason) }
    }

    /// What was to be opened cannot be trusted.
    package mutating func opensDamaged(_ reason: String, now: Instant) {
        underWay.remove(.writing)
        isDamaged(reason, now: now)
    }

    /// What is served cannot be trusted any more.
    package mutating func isDamaged(_ reason: String, now: Instant) {
        phase = .damaged(reason: reason)
        writeAt = now + limits.repairDelay
        mustRebuild = false
        firstPendingAt = nil
        lastChangeAt = nil
        behindSince = nil
        writeFailure = nil
    }

    private mutating func serve(_ figures: Figures, _ now: Instant) {
        sourceVersion = isServing ? max(sourceVersion, figures.version) : figures.version
        phase = .serving(figures)
        noteDistance(now)
    }

    private mutating func noteDistance(_ now: Instant) {
        guard case .serving(let figures) = phase else { return }
        behindSince = figures.version == sourceVersion ? nil : behindSince ?? now
    }
}
