import Foundation
import Logging
import PrivatePostgres
import Subprocess
import SystemPackage
import TestSupport

/// A data directory of a test's own, and servers on it.
struct Scratch {
    let directory: String

    init(_ label: String = "private", mode: mode_t = 0o711) throws {
        directory = try TestDirectory.make(label, mode: mode)
    }

    var base: String { "\(directory)/data/postgres" }

    func configuration(
        settings: [String: String] = [:], loopbackPort: Int? = nil, startTimeout: Duration = .seconds(60)
    ) -> PrivatePostgres.Configuration {
        PrivatePostgres.Configuration(
            binariesDirectory: TestDatabase.binariesDirectory, dataDirectory: "\(directory)/data",
            relocationDirectory: "\(directory)/relocated", loopbackPort: loopbackPort,
            settings: ["fsync": "off"].merging(settings) { $1 }, startTimeout: startTimeout)
    }

    func server(_ configuration: PrivatePostgres.Configuration? = nil) -> PrivatePostgres {
        PrivatePostgres(configuration ?? self.configuration(), logger: quiet)
    }

    /// Runs `body` with a server that is stopped afterwards, however the body ends.
    func withServer<Result>(
        _ configuration: PrivatePostgres.Configuration? = nil,
        _ body: (PrivatePostgres, Endpoint) async throws -> Result
    ) async throws -> Result {
        let server = server(configuration)
        let endpoint = try await server.start()
        do {
            let result = try await body(server, endpoint)
            try await server.stop()
            return result
        } catch {
            try await server.stop()
            throw error
        }
    }

    /// The process id in the cluster's postmaster.pid.
    func postmaster(_ endpoint: Endpoint) throws -> Int32 {
        let text = try String(contentsOfFile: "\(endpoint.clusterDirectory)/postmaster.pid", encoding: .utf8)
        return try text.split(separator: "\n").first.flatMap { Int32($0) } ?? { throw NoProcessID() }()
    }

    struct NoProcessID: Error {}
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// One statement through PostgreSQL's own psql; what it printed, or what it said against it.
func psql(_ connectionString: String, _ statement: String) async throws -> String {
    let result = try await Subprocess.run(
        .path(FilePath("\(TestDatabase.binariesDirectory)/bin/psql")),
        arguments: ["--no-psqlrc", "--tuples-only", "--no-align", "--dbname", connectionString, "-c", statement],
        output: .string(limit: 64 * 1024), error: .combinedWithOutput)
    return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
}

/// What `body` throws, when it is an error of ours.
func failure(_ body: () async throws -> Void) async -> PrivatePostgresError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? PrivatePostgresError
    }
}

/// Waits for what sends no event. Never longer than `timeout`: the caller's expectation then fails.
func eventually(
    timeout: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + timeout
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

/// Whether a process ends; a child of ours is a zombie for a moment, which still counts as there.
func ends(_ process: Int32) async throws -> Bool {
    try await eventually { kill(process, 0) != 0 && errno == ESRCH }
}
