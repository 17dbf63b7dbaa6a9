import Logging
import Postgres
import ServiceLifecycle
import UnixSignals

/// `serve` and `worker`: one role of the installation against a database that is already there.
struct ServerProcess: Service {
    let settings: Settings
    let databaseURL: String
    let roles: Set<Server.Role>
    let logger: Logger

    /// Runs until SIGINT or SIGTERM.
    ///
    /// - Throws: `SettingError` when something is not set that has no safe default.
    static func run(_ settings: Settings, roles: Set<Server.Role>) async throws {
        let logger = Observation.start(level: settings.logLevel ?? .info)
        let databaseURL = try settings.requiredDatabaseURL()
        if roles.contains(.api) {
            _ = try settings.requiredSecretKey()
            try settings.checkTransport()
            _ = try settings.tls?.configuration()
            try await ListeningPort.check(host: settings.host, port: settings.port)
        }
        let process = ServerProcess(settings: settings, databaseURL: databaseURL, roles: roles, logger: logger)
        try await process.runUntilSignalled()
    }

    func run() async throws {
        let server = try await Server(settings: settings, databaseURL: databaseURL, roles: roles, logger: logger)
        // Asked as who connects: the role of the server is made by a migration.
        let owner = PostgresPool(
            configuration: PostgresConfiguration(connectionString: databaseURL, poolSizeMax: 1), logger: logger)
        let known = await Result {
            try await Migrator(Schema.migrations, logger: logger).requireNothingPending(owner)
        }
        await owner.shutdown()
        try known.get()
        try await server.run { logger.info("ready") }
    }
}

extension Service {
    /// Runs the service; SIGINT and SIGTERM shut it down gracefully.
    func runUntilSignalled() async throws {
        try await ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: self, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup)
                ], gracefulShutdownSignals: [.sigint, .sigterm], logger: Logger(label: "nexify.lifecycle"))
        ).run()
    }
}
