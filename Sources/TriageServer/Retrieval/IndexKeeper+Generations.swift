import Logging
import Metrics
import Synchronization
import Triage
import VectorIndex

/// Opening, building and extending: everything that ends in another generation being served.
extension IndexKeeper {
    /// Opens the index, or builds it when there is none. What takes long goes on in the background.
    func open(_ key: IndexKey) async {
        guard file(of: key).identity?.bytes ?? 0 > Self.smallFileBytesMax else {
            return await bringIn(key, opens: true) { try await self.openOrBuild(key, isLarge: false) }
        }
        entries.withLock { $0[key]?.plan.takesLonger(because: "the index is being opened") }
        Task { await bringIn(key, opens: true) { try await self.openOrBuild(key, isLarge: true) } }
    }

    /// A file up to this size is read and checked within a few milliseconds.
    static let smallFileBytesMax = 32 << 20

    /// Does what ends in another generation, and notes it when it does not.
    ///
    /// - Parameter opens: whether a file that is no good is the one that was to be served; otherwise what is served goes on
    ///   being served.
    func bringIn(_ key: IndexKey, opens: Bool = false, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            Counter(label: "nexify_index_failures_total").increment()
            logger.error("an index could not be brought up", metadata: ["index": "\(key)", "error": "\(error)"])
            let now = clock.now
            entries.withLock { entries in
                switch error {
                case let error as VectorIndexError where opens && error.code != .cannotWrite:
                    entries[key]?.served = nil
                    entries[key]?.plan.opensDamaged("\(error)", now: now)
                case let error as VectorIndexError:
                    entries[key]?.plan.notInstalled(because: "\(error)", problem: "\(error)", now: now)
                default:
                    let reason = "the index could not be read from Postgres; see the log"
                    let problem = StoreAvailability.isUnavailable(error) ? nil : reason
                    entries[key]?.plan.notInstalled(because: reason, problem: problem, now: now)
                }
            }
        }
        closeLeastUsed()
    }

    func openOrBuild(_ key: IndexKey, isLarge: Bool) async throws {
        let file = file(of: key)
        if let opened = try await threads.run(isLarge: isLarge, { try file.open() }),
            try await takeIn(opened, key)
        {
            return
        }
        if !isLarge, try await hasManyRows(key) {
            // The file was small, or there was none: whoever waits for it is not to wait for the build.
            entries.withLock { $0[key]?.plan.takesLonger(because: "the index is being built") }
            Task { await bringIn(key, opens: true) { try await self.build(key) } }
        } else {
            try await build(key)
        }
    }

    private func hasManyRows(_ key: IndexKey) async throws -> Bool {
        try await sources.hasMore(than: configuration.limits.smallRows, of: key.kind, in: key.organization)
    }

    /// Builds the index from its rows, unless another process has just done so.
    func build(_ key: IndexKey) async throws {
        let file = file(of: key)
        guard let lock = try file.lock() else { return noteWrittenElsewhere(key) }
        let served = entries.withLock { $0[key]?.served }
        let isLarge = try await hasManyRows(key)
        if file.identity != nil, file.identity != served?.identity,
            let found = try? await threads.run(isLarge: isLarge, { try file.open() }), try await takeIn(found, key)
        {
            return
        }
        let start = clock.now
        let contents = try await sources.contents(of: key.kind, in: key.organization, model: model)
        let opened = try await threads.run(isLarge: isLarge) { try file.build(contents, under: lock) }
        note("index rebuilt", "nexify_index_rebuild_duration_seconds", opened, key, since: start)
        // The log reaches back to a moment ago; where it does not even say that, the index is behind and is built again.
        if try await !takeIn(opened, key) { try await install(key, opened) { _ in try LiveSnapshot(opened.snapshot) } }
    }

    /// Writes the next generation, unless another process has just done so.
    func extend(_ key: IndexKey) async throws {
        let file = file(of: key)
        guard let served = entries.withLock({ $0[key]?.served }) else { return try await build(key) }
        guard let lock = try file.lock() else { return noteWrittenElsewhere(key) }
        let isLarge = served.live.count > configuration.limits.smallRows
        if file.identity != nil, file.identity != served.identity,
            let found = try? await threads.run(isLarge: isLarge, { try file.open() }),
            found.snapshot.info.sourceVersion > served.live.snapshot.info.sourceVersion
        {
            if found.snapshot.info.sourceVersion <= served.live.version {
                return try await install(key, found) { try $0?.rebased(on: found.snapshot) ?? .init(found.snapshot) }
            }
            // It knows more than this process does: it is not written over.
            if try await takeIn(found, key) { return }
        }
        let start = clock.now
        let opened = try await threads.run(isLarge: isLarge) { try file.extend(served.live, under: lock) }
        note("index extended", "nexify_index_extend_duration_seconds", opened, key, since: start)
        try await install(key, opened) { try $0?.rebased(on: opened.snapshot) ?? .init(opened.snapshot) }
    }

    /// Serves a generation with what has changed since.
    ///
    /// - Returns: whether the log could say what that is.
    private func takeIn(_ opened: IndexFile.Opened, _ key: IndexKey) async throws -> Bool {
        var live = try LiveSnapshot(opened.snapshot)
        // Again when a search's index went on while these changes were read; not for ever, because a restored database
        // is behind what is served.
        for _ in 0..<3 {
            guard let next = try await caughtUp(live, key) else { return false }
            live = next
            if entries.withLock({ $0[key]?.served?.live.version ?? 0 }) <= live.version { break }
        }
        let caughtUp = live
        await install(key, opened) { _ in caughtUp }
        return true
    }

    /// Puts a generation in place of the one that is served.
    ///
    /// - Parameter next: what to serve in place of that; called again when that has changed meanwhile.
    private func install(
        _ key: IndexKey, _ opened: IndexFile.Opened, _ next: (LiveSnapshot?) throws -> LiveSnapshot
    ) async rethrows {
        var measured: ConfidenceCalibration?
        var isInstalled = false
        while !isInstalled {
            let current = entries.withLock { $0[key]?.served }
            let live = try next(current?.live)
            let isLarge = live.count > configuration.limits.smallRows
            if key.kind == .decided, !isLarge, measured == nil { measured = await calibration(of: live, key) }
            let calibration = measured ?? current?.calibration
            let now = clock.now
            isInstalled = entries.withLock { entries in
                guard var entry = entries[key] else { return true }
                guard entry.served?.live === current?.live else { return false }
                let served = Served(live: live, identity: opened.identity, calibration: calibration)
                entry.served = served
                entry.plan.installed(served.figures, now: now)
                entries[key] = entry
                return true
            }
            // A large one is measured while it already answers.
            if isInstalled, isLarge, key.kind == .decided { await measureLater(live, key) }
        }
    }

    private func measureLater(_ live: LiveSnapshot, _ key: IndexKey) async {
        guard let calibration = await calibration(of: live, key) else { return }
        entries.withLock { entries in
            if entries[key]?.served?.live.snapshot === live.snapshot {
                entries[key]?.served?.calibration = calibration
            }
        }
    }

    private func calibration(of live: LiveSnapshot, _ key: IndexKey) async -> ConfidenceCalibration? {
        do {
            return try await routing.calibration(of: key.organization, with: live)
        } catch {
            logger.warning(
                "the router could not be measured; suggestions say no confidence",
                metadata: ["index": "\(key)", "error": "\(error)"])
            return nil
        }
    }

    // MARK: Notes

    private func noteWrittenElsewhere(_ key: IndexKey) {
        let now = clock.now
        entries.withLock { $0[key]?.plan.isWrittenElsewhere(now: now) }
    }

    private func note(
        _ message: Logger.Message, _ metric: String, _ opened: IndexFile.Opened, _ key: IndexKey,
        since start: ContinuousClock.Instant
    ) {
        let took = start.duration(to: clock.now).milliseconds
        Metrics.Timer(label: metric).recordNanoseconds(Int64(took * 1_000_000))
        logger.info(
            message,
            metadata: [
                "index": "\(key)", "vectors": "\(opened.snapshot.info.count)",
                "generation": "\(opened.snapshot.info.contentHash)", "took_ms": "\(Int(took))",
            ])
    }
}
