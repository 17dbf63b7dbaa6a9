import Logging
import Metrics
import Synchronization
import Triage
import VectorIndex

/// Following: what changed in the rows and on disk, and what the plans of the open indexes ask for.
extension IndexKeeper {
    /// How many indexes take over changes at the same time.
    private static let readersMax = 4

    /// Looks what changed, in Postgres and on disk, and does what is due.
    func pass() async {
        let known = entries.withLock { entries in
            entries.keys.compactMap { key in
                entries[key].flatMap { entry in
                    entry.plan.isServing ? (key, entry.plan.sourceVersion) : nil
                }
            }
        }
        do {
            let moved = try await log.moved(
                from: known.map { .init(organization: $0.organization, kind: $0.kind, version: $1) })
            let now = clock.now
            entries.withLock { entries in
                for source in moved {
                    let key = IndexKey(organization: source.organization, kind: source.kind)
                    entries[key]?.plan.sourceMoved(to: source.version, now: now)
                }
            }
        } catch {
            logger.warning("indexes not checked: Postgres did not answer", metadata: ["error": "\(error)"])
        }
        for (key, _) in known { lookAtFile(of: key) }
        var keys = entries.withLock { $0.keys }
        await withTaskGroup(of: Void.self) { group in
            // A few at a time, so that an index with much to read does not hold up the others.
            for key in keys.suffix(Self.readersMax) { group.addTask { await self.follow(key) } }
            keys.removeLast(min(Self.readersMax, keys.count))
            while await group.next() != nil, let key = keys.popLast() { group.addTask { await self.follow(key) } }
        }
    }

    private func follow(_ key: IndexKey) async {
        while !Task.isCancelled {
            let now = clock.now
            let action = entries.withLock { entries -> IndexPlan.Action in
                guard let action = entries[key]?.plan.next(now: now) else { return .wait(until: nil) }
                entries[key]?.plan.begin(action)
                return action
            }
            switch action {
            case .wait: return
            case .catchUp: await catchUp(key)
            // Not waited for: it may take minutes.
            case .open: Task { await open(key) }
            case .rebuild: Task { await bringIn(key) { try await self.build(key) } }
            case .extend: Task { await bringIn(key) { try await self.extend(key) } }
            }
        }
    }

    // MARK: Taking over changes

    private func catchUp(_ key: IndexKey) async {
        guard let served = entries.withLock({ $0[key]?.served }) else {
            entries.withLock { $0[key]?.plan.readInVain() }
            return
        }
        do {
            guard let live = try await caughtUp(served.live, key) else {
                entries.withLock { $0[key]?.plan.logCannotSay() }
                return
            }
            let now = clock.now
            entries.withLock { entries in
                guard var entry = entries[key] else { return }
                if entry.served?.live === served.live {
                    var served = served
                    served.live = live
                    served.calibration = entry.served?.calibration
                    entry.served = served
                    entry.plan.caughtUp(served.figures, now: now)
                } else {
                    entry.plan.readInVain()
                }
                entries[key] = entry
            }
        } catch {
            logger.warning("an index could not follow its rows", metadata: ["index": "\(key)", "error": "\(error)"])
            let now = clock.now
            entries.withLock { $0[key]?.plan.readFailed(now: now) }
        }
    }

    /// - Returns: nil when the log of changes cannot say what is to be taken over.
    func caughtUp(_ live: LiveSnapshot, _ key: IndexKey) async throws -> LiveSnapshot? {
        let version = Int64(clamping: live.version)
        guard
            let changes = try await log.changes(of: key.kind, in: key.organization, after: version, model: model)
        else { return nil }
        guard changes.version != version else { return live }
        return try live.applying(
            changes.rows.map { row in
                let id = UInt64(bitPattern: row.id)
                return row.vector.map { .set(id: id, vector: $0) } ?? .remove(id: id)
            }, version: UInt64(changes.version))
    }

    // MARK: Trouble

    /// Notices when somebody removes, replaces or overwrites the file of an index that is served.
    private func lookAtFile(of key: IndexKey) {
        let file = file(of: key)
        let state = entries.withLock { entries -> (IndexFile, Served)? in
            guard let entry = entries[key], !entry.plan.isWriting, let served = entry.served else { return nil }
            return (file, served)
        }
        guard let (file, served) = state, file.identity != served.identity else { return }
        guard let identity = file.identity else {
            return noteDamage("\(file.path) was removed while it was served", of: key, on: served.live)
        }
        if identity.isSameFile(as: served.identity) {
            return noteDamage("\(file.path) was written to while it was served", of: key, on: served.live)
        }
        // Another generation: another process wrote it, or an operator put it there.
        entries.withLock { $0[key]?.plan.begin(.open) }
        let isLarge = identity.bytes > Self.smallFileBytesMax
        Task { await bringIn(key, opens: true) { try await self.openOrBuild(key, isLarge: isLarge) } }
    }

    func noteDamage(_ reason: String, of key: IndexKey, on live: LiveSnapshot) {
        let now = clock.now
        let isNew = entries.withLock { entries in
            guard entries[key]?.served?.live.snapshot === live.snapshot else { return false }
            entries[key]?.served = nil
            entries[key]?.plan.isDamaged(reason, now: now)
            return true
        }
        guard isNew else { return }
        Counter(label: "nexify_index_failures_total").increment()
        logger.error(
            "index unusable, retrieval falls back to pgvector", metadata: ["index": "\(key)", "error": "\(reason)"])
    }

    // MARK: Parts

    /// Closes what is open beyond the bound. Searches under way keep what they have.
    func closeLeastUsed() {
        let closed = entries.withLock { entries in
            entries.trim(
                to: configuration.openMax, counting: { $0.served != nil },
                sparing: { $0.opening != nil || $0.plan.isWriting })
        }
        if !closed.isEmpty { Counter(label: "nexify_indexes_closed_total").increment(by: closed.count) }
        Gauge(label: "nexify_indexes_open").record(entries.withLock { $0.values.count { $0.served != nil } })
    }

    func file(of key: IndexKey) -> IndexFile {
        IndexFile(
            path: configuration.folder.file(key.kind, of: key.organization), model: model, dimensions: dimensions)
    }
}
