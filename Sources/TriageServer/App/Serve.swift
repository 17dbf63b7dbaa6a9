import ArgumentParser
import Foundation

/// `triage-server serve`: API and console against a database that somebody else runs.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API and the console (needs DATABASE_URL and NEXIFY_SECRET_KEY).",
        discussion: Settings.help)

    func run() async throws {
        try await ServerProcess.run(roles: [.api])
    }
}

/// `triage-server worker`: carries out jobs, and serves nothing.
struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry out triage and embedding jobs (needs DATABASE_URL).", discussion: Settings.help)

    func run() async throws {
        try await ServerProcess.run(roles: [.worker])
    }
}
