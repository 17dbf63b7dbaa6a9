import Foundation
import Logging
import Postgres
import PrivatePostgres
import ServiceLifecycle
import Triage

/// What `up` runs: the private PostgreSQL when none is given, the schema, the demo in an empty database, then the server.
struct Installation: Service {
    static let demoPassword = "nexify-demo"
    /// The newest open tickets of the demo, which the worker triages at once.
    static let demoTriggers = 10

    let settings: Settings
    let logger: Logger

    func run() async throws {
        guard settings.databaseURL == nil else {
            return try await serve(databaseURL: try settings.requiredDatabaseURL(), databasePlace: "DATABASE_URL")
        }
        var configuration = PrivatePostgres.Configuration(dataDirectory: settings.dataDirectory)
        if let directory = settings.postgresDirectory { configuration.binariesDirectory = directory }
        let postgres = PrivatePostgres(configuration, logger: logger)
        say("Starting PostgreSQL …")
        let started = await Result { try await cancelWhenGracefulShutdown { try await postgres.start() } }
        if case .failure(let error as PrivatePostgresError) = started, error.code == .cancelled { return }
        let endpoint = try started.get()
        if endpoint.wasAdopted { say("Found the database running, left behind by an earlier start; using it.") }
        let outcome = await Result {
            try await serve(databaseURL: endpoint.connectionString, databasePlace: endpoint.clusterDirectory)
        }
        try await postgres.stop()
        try outcome.get()
        say("Stopped. The data is kept in \(settings.dataDirectory).")
    }

    private func serve(databaseURL: String, databasePlace: String) async throws {
        var settings = settings
        settings.secretKey = try settings.secretKey ?? SigningKey.loadOrMake(in: settings.dataDirectory)
        let server: Server
        do {
            server = try await cancelWhenGracefulShutdown { [settings] in
                let server = try await Server(
                    settings: settings, databaseURL: databaseURL, roles: [.api, .worker], logger: logger)
                // The tables' owner, for this alone: the server itself owns nothing.
                let owner = PostgresPool(
                    configuration: PostgresConfiguration(connectionString: databaseURL, poolSizeMax: 2), logger: logger)
                let outcome = await Result { try await prepare(server, as: owner) }
                await owner.shutdown()
                try outcome.get()
                return server
            }
        } catch is CancellationError {
            return
        }
        let block = readyBlock(databasePlace: databasePlace)
        try await server.run { say(block) }
    }

    /// Schema, demo and indexes, so that all of it is there when `/readyz` says so.
    private func prepare(_ server: Server, as owner: PostgresPool) async throws {
        _ = try await Migrator(Schema.migrations, logger: logger).migrate(owner)
        let store = DemoStore(pool: owner, queue: server.queue)
        if try await store.isEmpty() {
            let demo = try DemoData(directory: settings.demoDirectory)
            say(
                """
                The database is empty: seeding the demo organisation “\(demo.organization.name)” with the users admin, \
                agent and viewer, password \(Self.demoPassword).
                """)
            let hash = try await server.passwords.hash(Self.demoPassword)
            if let counts = try await store.seed(demo, passwordHash: hash) {
                say("  \(counts.documents) documents, \(counts.decided) decided tickets, \(counts.open) open tickets")
            }
        }
        try await server.embedMissing { kind, done, total in
            let what = kind == .knowledgeBase ? "passages" : "decided tickets"
            say("  embedded \(done) of \(total) \(what)")
        }
        if let organization = try await store.organization() { await server.keeper.open(organization) }
        let triggered = try await store.triggerNewest(Self.demoTriggers)
        if triggered > 0 { say("  triage of the \(triggered) newest open tickets is queued") }
    }

    private func readyBlock(databasePlace: String) -> String {
        let address = ["0.0.0.0", "127.0.0.1"].contains(settings.host) ? "localhost" : settings.host
        let scheme = settings.tls == nil ? "http" : "https"
        let model = settings.model.map { "\($0.interface.rawValue) \($0.model) at \($0.baseURL)" } ?? "local engine"
        return """

              Nexify is ready
                Console    \(scheme)://\(address):\(settings.port)
                Users      admin, agent, viewer — password \(Self.demoPassword) (demo organisation only)
                Database   \(databasePlace)
                Indexes    \(settings.indexFolder.path)
                Triage     \(model)
                Stop       Ctrl-C; the data is kept

            """
    }

    /// For the person at the terminal, at once also when standard output is a file or a pipe.
    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
