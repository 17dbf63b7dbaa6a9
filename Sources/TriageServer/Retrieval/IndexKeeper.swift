import Logging
import Metrics
import Synchronization
import Triage
import VectorIndex

/// The indexes that this process has open: opened when somebody asks for one, followed while they are open, and the least
/// recently used closed when they become too many. Searches go on meanwhile on what they began with.
///
/// What an index needs is decided by `IndexPlan`; this file answers searches, `IndexKeeper+Upkeep` carries the plans out.
/// A file that cannot be trusted is not served: retrieval falls back to pgvector, the log says why, and after
/// `repairDelay` (so that monitoring sees the damage) it is rebuilt.
final class IndexKeeper: Sendable {
    struct Configuration: Sendable {
        var folder: IndexFolder
        /// Indexes that are open at a time, at most.
        var openMax = 512
        var pollInterval = Duration.milliseconds(500)
        var limits = IndexPlan.Limits()
    }

    /// One index as it is served now.
    struct Served: Sendable {
        var live: LiveSnapshot
        /// The file that `live.snapshot` was read from.
        var identity: FileIdentity
        /// Of the organisation's router; only with decided tickets.
        var calibration: ConfidenceCalibration?

        var figures: IndexPlan.Figures {
            let info = live.snapshot.info
            return IndexPlan.Figures(
                version: Int64(clamping: live.version), rows: live.count, pending: live.pendingChanges,
                hasGraph: info.hasGraph, grown: info.growth.map { max($0.added, $0.removed) } ?? 0)
        }
    }

    struct Entry: Sendable {
        var plan: IndexPlan
        var served: Served?
        /// The first opening, which everyone waits for who asks meanwhile.
        var opening: Task<Void, Never>?
    }

    let configuration: Configuration
    let log: IndexChangeLog
    let sources: IndexSourceStore
    let routing: RoutingMeasure
    let model: String
    let dimensions: Int
    let logger: Logger
    let threads = IndexThreads()
    let clock = ContinuousClock()
    let entries = Mutex(RecentlyUsed<IndexKey, Entry>())
    private let wakeups: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init(
        configuration: Configuration, log: IndexChangeLog, sources: IndexSourceStore, routing: RoutingMeasure,
        model: String, dimensions: Int, logger: Logger
    ) {
        self.configuration = configuration
        self.log = log
        self.sources = sources
        self.routing = routing
        self.model = model
        self.dimensions = dimensions
        self.logger = logger
        (wakeups, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What is served

    /// The index to search, or why there is none. The first call for an index opens it; one that takes long to open or
    /// build does so in the background.
    func served(_ kind: IndexKind, of organization: OrganizationID) async -> Result<Served, IndexUnavailable> {
        let key = IndexKey(organization: organization, kind: kind)
        // A second round when the index was closed between its opening and our look at it.
        for _ in 0..<2 {
            switch entries.withLock({ look(key, &$0) }) {
            case .success(let answer): return answer
            case .failure(let opening): await opening.task.value
            }
        }
        return .failure(IndexUnavailable(reason: "more indexes are asked for at once than may be open"))
    }

    private struct Opening: Error {
        var task: Task<Void, Never>
    }

    /// What there is to answer with now, or what to wait for.
    private func look(
        _ key: IndexKey, _ entries: inout RecentlyUsed<IndexKey, Entry>
    ) -> Result<Result<Served, IndexUnavailable>, Opening> {
        guard let entry = entries.use(key) else {
            var entry = Entry(plan: IndexPlan(limits: configuration.limits))
            entry.plan.begin(.open)
            let task = Task { await firstOpening(of: key) }
            entry.opening = task
            entries[key] = entry
            return .failure(Opening(task: task))
        }
        if let opening = entry.opening { return .failure(Opening(task: opening)) }
        if let reason = entry.plan.unavailability(now: clock.now) {
            return .success(.failure(IndexUnavailable(reason: reason)))
        }
        guard let served = entry.served else { preconditionFailure("an index that serves is open") }
        return .success(.success(served))
    }

    private func firstOpening(of key: IndexKey) async {
        await open(key)
        entries.withLock { $0[key]?.opening = nil }
        closeLeastUsed()
    }

    /// Opens an organisation's indexes before anyone asks.
    func open(_ organization: OrganizationID) async {
        for kind in IndexKind.allCases { _ = await served(kind, of: organization) }
    }

    /// How many open indexes are not sound. What is wrong with them is in the log.
    var problemCount: Int {
        let now = clock.now
        return entries.withLock { $0.values.count { $0.plan.problem(now: now) != nil } }
    }

    /// A search on what `served` gave out failed. What is wrong with a file is noted; what is wrong with a query is not.
    func searchFailed(_ error: VectorIndexError, on served: Served, of key: IndexKey) {
        switch error.code {
        case .invalidParameter, .dimensionMismatch, .notFinite, .zeroVector: return
        default: noteDamage("\(error)", of: key, on: served.live)
        }
    }

    // MARK: Following

    /// Says that rows have changed; otherwise they are looked for every `pollInterval`.
    func wake() { waker.yield() }

    /// Follows until `stop`, or until its task is cancelled.
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

    /// Ends `run` after the pass under way. A generation that is being written is not waited for: it leaves nothing behind
    /// but a temporary file, and is written again by whoever needs it next.
    func stop() { waker.finish() }
}

/// Why an index did not answer.
struct IndexUnavailable: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}
