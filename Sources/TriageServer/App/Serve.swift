import ArgumentParser

/// `triage-server serve`: API and console against a database that somebody else runs.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API and the console (needs DATABASE_URL and NEXIFY_SECRET_KEY).",
        discussion: Setting.help)

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        try await ServerProcess.run(try options.load(), roles: [.api])
    }
}

/// `triage-server worker`: carries out jobs, and serves nothing.
struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry out triage and embedding jobs (needs DATABASE_URL).", discussion: Setting.help)

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        try await ServerProcess.run(try options.load(), roles: [.worker])
    }
}
