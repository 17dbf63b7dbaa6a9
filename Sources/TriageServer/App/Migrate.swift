import ArgumentParser
import Foundation
import Logging
import Postgres

/// `triage-server migrate`: brings a database's schema up to this program.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database's schema up to date (needs DATABASE_URL).",
        discussion: Setting.help)

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Change nothing; exit with 1 when migrations are pending.")
    var check = false

    func run() async throws {
        let settings = try options.load()
        let logger = Observation.start(level: settings.logLevel ?? .info)
        let pool = PostgresPool(
            configuration: PostgresConfiguration(connectionString: try settings.requiredDatabaseURL()), logger: logger)
        let outcome = await Result { try await migrate(pool, logger) }
        await pool.shutdown()
        if try outcome.get() { throw ExitCode(1) }
    }

    /// - Returns: whether `--check` found something pending.
    private func migrate(_ pool: PostgresPool, _ logger: Logger) async throws -> Bool {
        let migrator = Migrator(Schema.migrations, logger: logger)
        if check {
            let pending = try await migrator.pending(pool)
            for migration in pending { print("pending: \(migration.number) \(migration.name)") }
            return !pending.isEmpty
        }
        let applied = try await migrator.migrate(pool)
        print(applied.isEmpty ? "The schema is up to date." : "Applied \(applied.count) migration(s).")
        return false
    }
}

extension Migrator {
    /// - Throws: `SettingError` when the database's schema is older than this program.
    func requireNothingPending(_ pool: PostgresPool) async throws {
        let pending = try await pending(pool)
        guard pending.isEmpty else {
            throw SettingError(
                variable: "DATABASE_URL",
                problem: "names a database without \(pending.count) migration(s) of this version",
                remedy: "run: triage-server migrate")
        }
    }
}

extension Result where Failure == any Error {
    /// What the body returned or threw, so that clean-up can follow before it is thrown on.
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
