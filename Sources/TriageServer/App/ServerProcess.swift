import Foundation
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
    static func run(roles: Set<Server.Role>) async throws {
        let settings = try Settings(environment: ProcessInfo.processInfo.environment)
        let logger = Observation.start(level: settings.logLevel ?? .info)
        let databaseURL = try settings.requiredDatabaseURL()
        if roles.contains(.api) {
            _ = try settings.requiredSecretKey()
            try await ListeningPort.check(host: settings.host, port: settings.port)
        }
        let process = ServerProcess(settings: settings, databaseURL: databaseURL, roles: roles, logger: logger)
        try await process.runUntilSignalled()
    }

    func run() async throws {
        let server = try await Server(settings: settings, databaseURL: databaseURL, roles: roles, logger: logger)
        try await Migrator(Schema.migrations, logger: logger).requireNothingPending(server.pool)
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
