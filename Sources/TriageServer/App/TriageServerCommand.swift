import ArgumentParser

/// `triage-server`: the API, the worker and the console, and what an operator needs around them.
@main
struct TriageServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triage-server",
        abstract: "Triages support tickets: suggests a team, a priority and a reply, and lets people decide.",
        discussion: Setting.help,
        subcommands: [Up.self, Serve.self, Worker.self, Migrate.self, CreateSuperuser.self])
}
