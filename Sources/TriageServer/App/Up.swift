import ArgumentParser
import Logging

/// `triage-server up`: everything in one process, with a database and demo data of its own when there are none.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start database, API, worker and console; seed an empty database with the demo.",
        discussion: """
            Without DATABASE_URL a private PostgreSQL is started under NEXIFY_DATA_DIR and stopped again on Ctrl-C or \
            SIGTERM; its data is kept. An empty database is seeded once with the demo organisation and its users \
            admin, agent and viewer (password nexify-demo).

            \(Setting.help)
            """)

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let settings = try options.load()
        let logger = Observation.start(level: settings.logLevel ?? .warning)
        // Found out before anything is started, because the database alone may take a while.
        try settings.checkTransport()
        _ = try settings.tls?.configuration()
        try await ListeningPort.check(host: settings.host, port: settings.port)
        try await Installation(settings: settings, logger: logger).runUntilSignalled()
    }
}
