import Foundation
import Logging

/// A PostgreSQL of our own, for whoever has none: made, started, found again and stopped without an administrator.
///
/// One data directory has at most one server; a second `start` on it, from any process, throws
/// `dataDirectoryInUse`. The server listens on a Unix socket in a private directory, and on 127.0.0.1 only when asked.
/// When this process is root, the server runs as an unprivileged account (`ServiceAccount`), with programs and data
/// moved to where that account can reach them (`ClusterHome`).
///
/// A server that an earlier process left running (because it was killed) is adopted when it was started with the same
/// settings, and restarted otherwise. The caller stops it in the end; `stop` leaves the data.
public actor PrivatePostgres {
    private let configuration: Configuration
    private let logger: Logger
    private var running: Running?
    private var starting: Task<Result<Running, PrivatePostgresError>, Never>?
    private var logKeeper: Task<Void, Never>?

    /// What is held while a server runs.
    private struct Running: Sendable {
        var endpoint: Endpoint
        var postmaster: Postmaster
        var locks: [DirectoryLock]
    }

    /// How often the log's size is looked at.
    static let logInterval = Duration.seconds(60)

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Starts the server, making the cluster first when there is none. Returns when it accepts connections.
    ///
    /// Started already: returns the same endpoint, unless the server has died: then it is started anew. Cancelled: what was started is stopped, and `cancelled` thrown.
    public func start() async throws(PrivatePostgresError) -> Endpoint {
        if let running {
            if running.postmaster.isRunning { return running.endpoint }
            // It was killed or crashed: let go of it and start anew.
            logger.warning("PostgreSQL is gone; starting it again")
            self.running = nil
            logKeeper?.cancel()
        }
        let task: Task<Result<Running, PrivatePostgresError>, Never>
        if let starting {
            task = starting
        } else {
            let start = ServerStart(configuration: configuration, logger: logger)
            task = Task {
                do throws(PrivatePostgresError) {
                    let (endpoint, postmaster, locks) = try await start.run()
                    return .success(Running(endpoint: endpoint, postmaster: postmaster, locks: locks))
                } catch {
                    return .failure(error)
                }
            }
            starting = task
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        if starting == task { starting = nil }
        let started = try result.get()
        if running == nil {
            running = started
            keepLogBounded(started)
        }
        return started.endpoint
    }

    /// Stops the server and frees the data directory; waits for a start that is under way and undoes it.
    /// Without a server it does nothing. It does its work in a cancelled task too: that is when it is needed.
    public func stop() async throws(PrivatePostgresError) {
        if let starting {
            starting.cancel()
            if case .success(let started) = await starting.value, running == nil { running = started }
            self.starting = nil
        }
        guard let stopping = running else { return }
        running = nil
        logKeeper?.cancel()
        logKeeper = nil
        let result = await Task { [configuration, logger] () async -> Result<Void, PrivatePostgresError> in
            do throws(PrivatePostgresError) {
                try await stopping.postmaster.stop(timeout: configuration.stopTimeout, logger: logger)
                return .success(())
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
        SocketDirectory.removeIfTemporary(stopping.endpoint.socketDirectory)
    }

    /// Stops a server that an earlier process left running on this data directory, without starting one.
    ///
    /// - Throws: `dataDirectoryInUse` when its process still lives.
    public func stopLeftBehind() async throws(PrivatePostgresError) {
        try await ServerStart(configuration: configuration, logger: logger).stopLeftBehind()
    }

    /// Makes another database in the running server.
    ///
    /// - Parameter template: the database to copy, with nobody connected to it; nil: an empty one.
    /// - Returns: its connection string.
    public func makeDatabase(_ name: String, template: String? = nil) async throws(PrivatePostgresError) -> String {
        guard let endpoint = running?.endpoint else {
            throw PrivatePostgresError(.startFailed, "PostgreSQL is not running; start it first.")
        }
        try await DatabaseMaker(binariesDirectory: configuration.binariesDirectory)
            .make(name, template: template, at: endpoint.connectionString)
        return DatabaseMaker.connectionString(endpoint.connectionString, database: name)
    }

    /// Whether the server that `start` returned is still there.
    public var isRunning: Bool { running?.postmaster.isRunning ?? false }

    private func keepLogBounded(_ running: Running) {
        let log = LogFile(
            path: "\((running.endpoint.clusterDirectory as NSString).deletingLastPathComponent)/postgres.log")
        logKeeper = Task { [logger] in
            while (try? await Task.sleep(for: Self.logInterval)) != nil {
                do throws(PrivatePostgresError) {
                    try log.bound()
                } catch {
                    logger.warning("PostgreSQL's log could not be kept small", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
