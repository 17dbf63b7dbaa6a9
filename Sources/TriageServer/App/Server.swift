import AsyncHTTPClient
import Foundation
import Hummingbird
import JobQueue
import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import Triage

/// One process of the installation, composed: stores over a pool, retrieval over the indexes, jobs, HTTP.
final class Server: Sendable {
    /// How long a request or job waits for what another one holds.
    static let lockTimeout = Duration.seconds(2)
    /// A statement keeps to its own process and is not compiled: many run at a time. A plan with helpers would start them for
    /// a stranger too, who is shown no row, and whom the time they take would tell that there are some.
    static let sessionSettings = ["max_parallel_workers_per_gather": "0", "jit": "off"]

    /// What a process does.
    enum Role: Sendable {
        case api, worker
    }

    let pool: PostgresPool
    let keeper: IndexKeeper
    let passwords: PasswordHasher
    let queue: JobQueue

    private let settings: Settings
    private let roles: Set<Role>
    private let logger: Logger
    private let stores: Stores
    private let sources: IndexSourceStore
    private let embedder: any TextEmbedder
    private let evidence: EvidenceFinder
    private let search: KnowledgeSearch
    private let embedJobs: EmbedJobHandler

    /// The stores that both the API and the jobs use.
    struct Stores: Sendable {
        let tickets: TicketStore
        let jobRuns: JobRunStore
        let suggestions: SuggestionStore
        let documents: DocumentStore
        let organizations: OrganizationStore
    }

    /// Opens the model and the pool; talks to nobody yet.
    ///
    /// - Throws: when the model is missing, or a setting is.
    init(settings: Settings, databaseURL: String, roles: Set<Role>, logger: Logger) async throws {
        self.settings = settings
        self.roles = roles
        self.logger = logger
        embedder = try InProcessEmbedder(modelDirectory: settings.modelDirectory)
        pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: databaseURL, role: Schema.applicationRole, settings: Self.sessionSettings,
                lockTimeout: Self.lockTimeout, poolSizeMax: 12), logger: logger)
        queue = JobQueue(pool: pool, logger: logger)
        stores = Stores(
            tickets: TicketStore(pool: pool), jobRuns: JobRunStore(pool: pool, queue: queue),
            suggestions: SuggestionStore(pool: pool, queue: queue), documents: DocumentStore(pool: pool, queue: queue),
            organizations: OrganizationStore(pool: pool))
        passwords = try PasswordHasher()
        let retrieval = RetrievalStore(pool: pool)
        sources = IndexSourceStore(pool: pool, queue: queue)
        let log = IndexChangeLog(pool: pool)
        keeper = IndexKeeper(
            configuration: settings.indexKeeping, log: log, sources: sources,
            routing: RoutingMeasure(store: retrieval, organizations: stores.organizations),
            model: embedder.fingerprint, dimensions: embedder.dimensions, logger: logger)
        let lookup = VectorLookup(
            keeper: keeper, store: retrieval, model: embedder.fingerprint,
            crossCheck: CrossCheck(share: settings.crossCheckShare), logger: logger)
        search = KnowledgeSearch(embedder: embedder, lookup: lookup, store: retrieval)
        evidence = EvidenceFinder(embedder: embedder, search: search, lookup: lookup, store: retrieval)
        embedJobs = EmbedJobHandler(
            sources: sources, embedder: embedder, pool: pool, changed: { [keeper] in keeper.wake() })
    }

    /// Embeds what has no vector of this model yet, before anything is served.
    func embedMissing(progress: (IndexKind, Int, Int) -> Void) async throws {
        for (organization, kind, missing) in try await sources.missing(model: embedder.fingerprint) {
            try await embedJobs.embed(kind, of: organization) { progress(kind, $0, missing) }
        }
    }

    /// Serves and works until graceful shutdown: stops taking requests and jobs, finishes those under way, then closes
    /// what they used.
    ///
    /// - Parameter ready: called once, when requests are answered.
    func run(ready: @escaping @Sendable () -> Void) async throws {
        try await sources.enqueueMissing(model: embedder.fingerprint)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .modelServers)
        let outcome = await Result {
            var services: [any Service] = [KeeperService(keeper: keeper)]
            if roles.contains(.worker) {
                services += workers(client: client).map { WorkerService(worker: $0) }
                services.append(
                    PruningService(
                        queue: queue, log: IndexChangeLog(pool: pool), stream: StreamStore(pool: pool),
                        refreshTokens: RefreshTokenStore(pool: pool), signInFailures: SignInFailureStore(pool: pool)))
                services.append(FoldingService(dashboard: DashboardStore(pool: pool)))
            }
            services.append(TrimmingService())
            services.append(ProbingService(health: DatabaseHealth(pool: pool)))
            if roles.contains(.api) {
                let hub = StreamHub(
                    store: StreamStore(pool: pool),
                    cursor: StreamCursor(secret: Array(try settings.requiredSecretKey().utf8)),
                    logger: Logger(label: "nexify.stream"))
                let deadlines = Deadlines()
                services.append(DeadlineService(deadlines: deadlines))
                services.append(LoopService(service: try await application(hub, deadlines, ready: ready)))
                // Stopped before HTTP is, which waits for its streams to end.
                services.append(StreamService(hub: hub))
            } else {
                ready()
            }
            // Stopped in reverse order: first HTTP, then jobs, then the indexes that both read.
            var group = ServiceGroupConfiguration(services: services, logger: logger)
            group.maximumGracefulShutdownDuration = settings.drainTime
            try await ServiceGroup(configuration: group).run()
        }
        try await client.shutdown()
        try await passwords.shutdown()
        await pool.shutdown()
        try outcome.get()
    }

    /// Two workers, because an embedding job may take minutes and triage must not wait for it: one at a time embeds, so
    /// that no two do the same rows.
    private func workers(client: HTTPClient) -> [JobWorker] {
        let model = settings.model.map { ChatModel(server: $0, client: client) }
        let triage = TriageJobHandler(
            tickets: stores.tickets, organizations: stores.organizations, suggestions: stores.suggestions,
            evidence: evidence, engine: TriageEngine(model: model))
        func worker(_ handler: any JobHandler, concurrency: Int) -> JobWorker {
            JobWorker(
                queue: queue, handlers: [handler],
                configuration: JobWorkerConfiguration(concurrency: concurrency, drainTime: .seconds(20)),
                name: handler.kind.rawValue, logger: logger)
        }
        return [worker(triage, concurrency: settings.workers), worker(embedJobs, concurrency: 1)]
    }

    private func application(
        _ hub: StreamHub, _ deadlines: Deadlines, ready: @escaping @Sendable () -> Void
    ) async throws -> some Service {
        let services = HTTPServices(
            tokens: try await TokenService(secret: Array(try settings.requiredSecretKey().utf8)), passwords: passwords,
            users: UserStore(pool: pool), refreshTokens: RefreshTokenStore(pool: pool),
            access: AccessStore(pool: pool), signInFailures: SignInFailureStore(pool: pool),
            apiKeys: APIKeyStore(pool: pool), organizations: stores.organizations,
            tickets: stores.tickets, jobRuns: stores.jobRuns, bulkTriage: BulkTriage(pool: pool, queue: queue),
            administration: AdministrationStores(pool: pool), suggestions: stores.suggestions,
            documents: stores.documents, knowledge: search, evidence: evidence, stream: hub,
            streamStore: StreamStore(pool: pool), dashboard: DashboardStore(pool: pool),
            console: try ConsoleFiles.bundled(), metrics: Observation.registry,
            readiness: { [self] in await readiness() }, publicURL: settings.publicURL, deadlines: deadlines,
            transport: HTTPTransport(
                isTLS: settings.tls != nil, isHTTPSOnly: settings.isHTTPS, trustedProxies: settings.trustedProxies,
                times: settings.requestTimes))
        return Application(
            responder: makeRouter(services),
            server: try settings.connections.server(tls: try settings.tls?.configuration(), logger: logger),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "nexify",
                availableConnectionsDelegate: .maximum(connectionsMax(), logger: logger)),
            onServerRunning: { _ in ready() }, logger: logger)
    }

    /// As many as are allowed and the system has descriptors for.
    private func connectionsMax() -> Int {
        let wanted = settings.connections.connectionsMax
        guard let files = OpenFiles.raiseLimit(), wanted + OpenFiles.reserved > files else { return wanted }
        let count = max(1, files - OpenFiles.reserved)
        logger.notice(
            "fewer connections than NEXIFY_CONNECTIONS_MAX: raise this process's limit of open files (ulimit -n)",
            metadata: ["connections_max": .stringConvertible(count)])
        return count
    }

    /// Whether requests can be answered, and whether as they should be.
    private func readiness() async -> Readiness {
        var checks: [Readiness.Check] = []
        checks.append(
            await DatabaseHealth(pool: pool).isAnswering()
                ? .init("database", .ready) : .init("database", .unavailable, detail: "Postgres does not answer"))
        let problems = keeper.problemCount
        if problems > 0 {
            // Anybody may ask: which files of which organisations is in the log.
            checks.append(
                .init(
                    "index", .degraded,
                    detail: "\(problems) index(es) cannot be used; pgvector answers instead, and the log says why"))
        } else {
            // Indexes are opened when somebody asks for them, so there is none to wait for.
            checks.append(.init("index", .ready))
        }
        return Readiness(checks: checks)
    }
}
