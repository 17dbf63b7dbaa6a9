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
    /// What a process does.
    enum Role: Sendable {
        case api, worker
    }

    let pool: PostgresPool
    let keeper: IndexKeeper
    let passwords: PasswordHasher
    let demo: DemoStore

    private let settings: Settings
    private let roles: Set<Role>
    private let logger: Logger
    private let queue: JobQueue
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
        pool = PostgresPool(PostgresConfiguration(connectionString: databaseURL), logger: logger)
        queue = JobQueue(pool: pool, logger: logger)
        stores = Stores(
            tickets: TicketStore(pool: pool), jobRuns: JobRunStore(pool: pool, queue: queue),
            suggestions: SuggestionStore(pool: pool, queue: queue), documents: DocumentStore(pool: pool, queue: queue),
            organizations: OrganizationStore(pool: pool))
        demo = DemoStore(pool: pool, queue: queue)
        passwords = try PasswordHasher()
        let retrieval = RetrievalStore(pool: pool)
        sources = IndexSourceStore(pool: pool, queue: queue)
        keeper = IndexKeeper(
            configuration: .init(folder: settings.indexFolder, repairDelay: settings.indexRepairDelay),
            sources: sources, store: retrieval, organizations: stores.organizations, model: embedder.fingerprint,
            dimensions: embedder.dimensions, logger: logger)
        let lookup = VectorLookup(
            keeper: keeper, store: retrieval, model: embedder.fingerprint, crossCheckShare: settings.crossCheckShare,
            logger: logger)
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
}
