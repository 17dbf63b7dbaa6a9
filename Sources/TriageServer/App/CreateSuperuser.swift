import ArgumentParser
import Foundation
import Logging
import Postgres
import Triage

/// `triage-server createsuperuser`: an organisation's first admin.
struct CreateSuperuser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "createsuperuser",
        abstract: "Make a user who is an admin of an organisation (needs DATABASE_URL).",
        discussion: """
            Nexify has no user above its organisations: the superuser is an admin of the organisation that is named, \
            which is made when there is none of that name.

            Asks for what no option says; the password is typed twice and not shown. With --noinput nothing is asked, \
            and what no option says comes from the environment:

              NEXIFY_SUPERUSER_USERNAME      letters, digits and @/./+/-/_
              NEXIFY_SUPERUSER_EMAIL         may be left out
              NEXIFY_SUPERUSER_PASSWORD      or NEXIFY_SUPERUSER_PASSWORD_FILE, a file whose first line it is
              NEXIFY_SUPERUSER_ORGANIZATION  the organisation's name
            """)

    @OptionGroup var options: SettingsOptions

    @Option(help: "The name to sign in with.")
    var username: String?

    @Option(help: "The user's e-mail address.")
    var email: String?

    @Option(help: "The name of the organisation.")
    var organization: String?

    @Flag(name: [.customLong("noinput"), .customLong("no-input")], help: "Ask nothing; read the environment.")
    var noInput = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let settings = try options.load()
        let logger = Observation.start(level: settings.logLevel ?? .error)
        let pool = PostgresPool(
            configuration: PostgresConfiguration(connectionString: try settings.requiredDatabaseURL()), logger: logger)
        let outcome = await Result { try await create(in: pool, environment, logger) }
        await pool.shutdown()
        print(try outcome.get())
    }

    /// - Returns: what was made, for the operator.
    private func create(in pool: PostgresPool, _ environment: [String: String], _ logger: Logger) async throws -> String
    {
        // Before anything is asked.
        try await Migrator(Schema.migrations, logger: logger).requireNothingPending(pool)
        let users = UserStore(pool: pool)
        let given = SuperuserAnswers(username: username, email: email, organization: organization)
        let superuser =
            if noInput {
                try NewSuperuser(given, environment: environment)
            } else {
                try await SuperuserQuestions(given: given, users: users).ask()
            }
        let isNew: Bool
        do {
            isNew = try await users.createAdmin(
                username: superuser.username, email: superuser.email,
                passwordHash: try Argon2.hash(superuser.password, cost: .interactive),
                ofOrganizationNamed: superuser.organization)
        } catch StoreError.duplicate {
            throw SuperuserError(description: "“\(superuser.username)”: \(SuperuserError.taken)")
        }
        return "Superuser “\(superuser.username)” created: admin of the \(isNew ? "new " : "")organisation "
            + "“\(superuser.organization)”."
    }
}
