import FoundationEssentials
import Logging
import Metrics
import Synchronization
import Triage
import VectorIndex

/// Keeps this process's index snapshots in step with Postgres: opens the files, rebuilds what is behind, swaps the new
/// generation in. Searches go on meanwhile on the generation they began with.
///
/// A file that cannot be trusted is not served: retrieval falls back to pgvector, `problems` says why, and after
/// `repairDelay` (so that monitoring sees the damage) the file is rebuilt.
final class IndexKeeper: Sendable {
    struct Configuration: Sendable {
        var folder: IndexFolder
        var pollInterval = Duration.milliseconds(500)
        var repairDelay = Duration.seconds(60)
        /// Held-back decisions that the router is measured on, at most.
        var calibrationSamplesMax = 500
    }

    /// One index as it is served now.
    struct Served: Sendable {
        var snapshot: Snapshot
        /// Of the organisation's router; only with decided tickets.
        var calibration: ConfidenceCalibration?
    }

    private struct Key: Hashable {
        var organization: OrganizationID
        var kind: IndexKind
    }

    private enum Slot: Sendable {
        case serving(Served)
        /// Not to be trusted; rebuilt after that time.
        case damaged(reason: String, repairAt: ContinuousClock.Instant)
    }

    /// After how long an index that could not be written is tried again.
    static let retryDelay = Duration.seconds(5)

    private let configuration: Configuration
    private let sources: IndexSourceStore
    private let store: RetrievalStore
    private let organizations: OrganizationStore
    private let model: String
    private let dimensions: Int
    private let logger: Logger
    private let slots = Mutex<[Key: Slot]>([:])
    /// Why an index could not be brought up to its rows, and when that is tried again.
    private let behind = Mutex<[Key: (reason: String, retryAt: ContinuousClock.Instant)]>([:])
    private let wakeups: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let firstPass = Mutex(false)

    init(
        configuration: Configuration, sources: IndexSourceStore, store: RetrievalStore,
        organizations: OrganizationStore, model: String, dimensions: Int, logger: Logger
    ) {
        self.configuration = configuration
        self.sources = sources
        self.store = store
        self.organizations = organizations
        self.model = model
        self.dimensions = dimensions
        self.logger = logger
        (wakeups, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What is served

    /// The index to search, or why there is none.
    func served(_ kind: IndexKind, of organization: OrganizationID) -> Result<Served, IndexUnavailable> {
        let slot = slots.withLock { $0[Key(organization: organization, kind: kind)] }
        switch slot {
        case .serving(let served): return .success(served)
        case .damaged(let reason, _): return .failure(IndexUnavailable(reason: reason))
        case nil: return .failure(IndexUnavailable(reason: "the index has not been built yet"))
        }
    }

    /// What an operator must know; empty when every index is sound.
    var problems: [String] {
        let damaged = slots.withLock { slots in
            slots.values.compactMap { slot in
                if case .damaged(let reason, _) = slot { reason } else { nil }
            }
        }
        return (damaged + behind.withLock { $0.values.map(\.reason) }).sorted()
    }

    /// Whether every index has been looked at once since the start.
    var hasStarted: Bool { firstPass.withLock { $0 } }

    // MARK: Keeping up

    /// Says that rows have changed; otherwise they are looked for every `pollInterval`.
    func wake() { waker.yield() }

    /// Runs until `stop`, or until its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [configuration, waker] in
                while (try? await ContinuousClock().sleep(for: configuration.pollInterval)) != nil { waker.yield() }
            }
            wake()
            for await _ in wakeups { await pass() }
            group.cancelAll()
        }
    }

    /// Ends `run` after the pass under way.
    func stop() { waker.finish() }

    /// Brings every index up to its rows' version.
    func pass() async {
        do {
            for source in try await sources.sources() {
                if Task.isCancelled { return }
                await keep(source)
            }
            firstPass.withLock { $0 = true }
        } catch {
            logger.warning("indexes not checked: Postgres did not answer", metadata: ["error": "\(error)"])
        }
    }

    private func keep(_ source: IndexSourceStore.Source) async {
        let key = Key(organization: source.organization, kind: source.kind)
        let file = configuration.folder.file(source.kind, of: source.organization)
        if let retryAt = behind.withLock({ $0[key]?.retryAt }), ContinuousClock().now < retryAt { return }
        do {
            switch slots.withLock({ $0[key] }) {
            case nil where access(file):
                let snapshot = try Snapshot(path: file)
                try checkModel(snapshot, file: file)
                try await serve(snapshot, key: key)
                if snapshot.info.sourceVersion != UInt64(source.version) { try await rebuild(source, file: file) }
            case nil:
                try await rebuild(source, file: file)
            case .serving(let served):
                if served.snapshot.info.sourceVersion != UInt64(source.version) {
                    try await rebuild(source, file: file)
                }
            case .damaged(_, let repairAt):
                if ContinuousClock().now >= repairAt { try await rebuild(source, file: file) }
            }
            behind.withLock { $0[key] = nil }
        } catch let error as VectorIndexError {
            logger.error("index unusable, retrieval falls back to pgvector", metadata: ["error": "\(error)"])
            Counter(label: "nexify_index_failures_total").increment()
            let repairAt = ContinuousClock().now + configuration.repairDelay
            slots.withLock { slots in
                // An older generation that is sound keeps serving, and the operator is told that it is behind.
                if case .serving = slots[key] {
                    noteBehind(key, "\(file) is behind its rows: \(error)")
                } else {
                    slots[key] = .damaged(reason: "\(error)", repairAt: repairAt)
                }
            }
        } catch {
            logger.warning("index not kept up", metadata: ["file": "\(file)", "error": "\(error)"])
            noteBehind(key, "\(file) cannot be kept up with its rows; see the log")
        }
    }

    private func noteBehind(_ key: Key, _ reason: String) {
        let retryAt = ContinuousClock().now + min(configuration.repairDelay, Self.retryDelay)
        behind.withLock { $0[key] = (reason, retryAt) }
    }

    /// A snapshot of another model must never answer, however sound it is.
    private func checkModel(_ snapshot: Snapshot, file: String) throws {
        guard snapshot.info.modelFingerprint == model else {
            throw VectorIndexError(
                .fingerprintMismatch,
                "it was built with embedding model \(snapshot.info.modelFingerprint), the server uses \(model)",
                remedy: "It is rebuilt by itself once the rows have been embedded anew.", file: file)
        }
    }

    private func rebuild(_ source: IndexSourceStore.Source, file: String) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let contents = try await sources.contents(of: source.kind, in: source.organization, model: model)
        try FileManager.default.createDirectory(
            atPath: configuration.folder.directory(of: source.organization), withIntermediateDirectories: true)
        var builder = SnapshotBuilder(
            dimensions: dimensions, metric: .cosine,
            parameters: BuildParameters(modelFingerprint: model, sourceVersion: UInt64(contents.version)))
        for (id, vector) in zip(contents.ids, contents.vectors) { try builder.add(id: UInt64(id), vector: vector) }
        _ = try builder.write(to: file)
        let snapshot = try Snapshot(path: file)
        try await serve(snapshot, key: Key(organization: source.organization, kind: source.kind))
        let took = start.duration(to: clock.now)
        Metrics.Timer(label: "nexify_index_rebuild_duration_seconds").recordNanoseconds(
            Int64(took.milliseconds * 1_000_000))
        logger.info(
            "index rebuilt",
            metadata: [
                "file": "\(file)", "vectors": "\(snapshot.info.count)", "generation": "\(snapshot.info.contentHash)",
                "took_ms": "\(Int(took.milliseconds))",
            ])
    }

    private func serve(_ snapshot: Snapshot, key: Key) async throws {
        var served = Served(snapshot: snapshot)
        if key.kind == .decided { served.calibration = try await calibrate(snapshot, organization: key.organization) }
        slots.withLock { $0[key] = .serving(served) }
    }

    /// Routes a sample of decided tickets by all others, and sees how often people had decided the same.
    private func calibrate(
        _ snapshot: Snapshot, organization: OrganizationID
    ) async throws -> ConfidenceCalibration? {
        let ids = try snapshot.ids
        guard ids.count > ConfidenceCalibration.outcomesMin else { return nil }
        let step = max(1, ids.count / configuration.calibrationSamplesMax)
        let sample = stride(from: 0, to: ids.count, by: step).map { ids[$0] }
        let queries = try sample.compactMap { try snapshot.vector(id: $0) }
        let neighborLists = try snapshot.exactSearch(queries, k: EvidenceLimits().decidedTicketsMax + 1)
        let policy = try await organizations.routing(of: organization)
        let wanted = Set(neighborLists.joined().map(\.id)).union(sample).map { TicketID(Int64($0)) }
        let labels = Dictionary(
            try await store.decidedTickets(wanted, in: organization).map { ($0.ticket, $0) },
            uniquingKeysWith: { first, _ in first })
        let texts = try await store.decidedTexts(sample.map { TicketID(Int64($0)) }, in: organization)
        let router = LocalRouter()
        let outcomes = zip(sample, neighborLists).compactMap { id, neighbors -> ConfidenceCalibration.Outcome? in
            let ticket = TicketID(Int64(id))
            guard let truth = labels[ticket], let text = texts[ticket] else { return nil }
            let others = neighbors.compactMap { neighbor -> DecidedTicket? in
                guard neighbor.id != id, var label = labels[TicketID(Int64(neighbor.id))] else { return nil }
                label.score = Double(neighbor.score)
                return label
            }
            let routing = router.route(text: text, policy: policy, neighbors: others)
            guard let team = routing.team else { return nil }
            return ConfidenceCalibration.Outcome(share: routing.teamShare, correct: team == truth.team)
        }
        return ConfidenceCalibration(outcomes)
    }

    private func access(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }
}

/// Why an index did not answer.
struct IndexUnavailable: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}
