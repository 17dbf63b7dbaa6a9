import Foundation
import Logging
import Subprocess
import Synchronization
import SystemPackage

/// One running server: started by us as a child, or found running.
///
/// A server of ours leads its own session, so the terminal's Ctrl-C does not reach it; and it outlives us when we are
/// killed, to be adopted by the next start.
final class Postmaster: Sendable {
    let processID: Int32
    let cluster: String
    private let processes: ClusterProcesses
    /// The child's end; nil when the server was adopted.
    private let end: Task<String, Never>?
    private let ended: Atomic<Bool>

    /// How long after SIGQUIT, which does no work, the server may still be there.
    static let immediateStopTimeout = Duration.seconds(10)

    /// A server that was found running.
    init(adopting processID: Int32, cluster: String, processes: ClusterProcesses) {
        self.processID = processID
        self.cluster = cluster
        self.processes = processes
        end = nil
        ended = Atomic(false)
    }

    private init(
        child processID: Int32, cluster: String, processes: ClusterProcesses, end: Task<String, Never>
    ) {
        self.processID = processID
        self.cluster = cluster
        self.processes = processes
        self.end = end
        ended = Atomic(false)
        Task { [weak self] in
            _ = await end.value
            self?.ended.store(true, ordering: .releasing)
        }
    }

    /// Starts a server; returns as soon as the process is there, before it answers.
    static func spawn(
        _ cluster: Cluster, processes: ClusterProcesses
    ) async throws(PrivatePostgresError) -> Postmaster {
        let log = try cluster.home.log.open()
        let descriptor = FileDescriptor(rawValue: log)
        let child = cluster.child
        let program = cluster.binaries.program("postgres")
        var options = PlatformOptions()
        options.createSession = true
        let platformOptions = options
        // cluster_name stands in the configuration too; here it makes the process recognisable from its first moment.
        let arguments = [
            "-D", cluster.home.cluster, "-c", "config_file=\(cluster.home.configurationFile)",
            "-c", "cluster_name=\(processes.clusterName)",
        ]
        let command = child.command(program, arguments)
        let (spawned, continuation) = AsyncStream.makeStream(of: Result<Int32, PrivatePostgresError>.self)
        // Unstructured, because the server lives on when the task that started it is cancelled; `stop` ends it.
        let end = Task<String, Never> {
            do {
                let result = try await Subprocess.run(
                    command.executable, arguments: command.arguments, environment: child.environment(),
                    workingDirectory: "/", platformOptions: platformOptions, input: .none,
                    output: .fileDescriptor(descriptor, closeAfterSpawningProcess: true), error: .combinedWithOutput
                ) { execution in
                    continuation.yield(.success(execution.processIdentifier.value))
                }
                return "\(result.terminationStatus)"
            } catch {
                let failure = (error as? SubprocessError).map { child.spawnFailure(program, $0) }
                continuation.yield(
                    .failure(
                        failure
                            ?? PrivatePostgresError(.binariesUnusable, "Cannot run \(program).", cause: "\(error)")))
                return "\(error)"
            }
        }
        // In a task of its own: a cancelled one would not wait, and the child would be nobody's.
        let first = await Task { await spawned.first { _ in true } }.value
        guard let first else { throw .stoppedBeforeReady }
        return Postmaster(
            child: try first.get(), cluster: cluster.home.cluster, processes: processes, end: end)
    }

    /// Whether the process is still there and still this server.
    var isRunning: Bool { end == nil ? processes.contains(processID) : !ended.load(ordering: .acquiring) }

    /// Waits until the server accepts connections.
    ///
    /// - Returns: false when it ended, or `timeout` passed with it still starting.
    func waitUntilReady(timeout: Duration) async throws(PrivatePostgresError) -> Bool {
        var isReady = false
        _ = try await Poll.until(timeout) { () throws(PrivatePostgresError) in
            isReady = try answers()
            return isReady || !isRunning
        }
        return isReady && isRunning
    }

    private func answers() throws(PrivatePostgresError) -> Bool {
        guard let file = try PostmasterFile.read(cluster: cluster) else { return false }
        return file.processID == processID && file.status == .ready
    }

    /// Stops the server: orderly, then at once if that takes too long. Data that was committed is safe either way.
    func stop(timeout: Duration, logger: Logger) async throws(PrivatePostgresError) {
        guard isRunning else { return }
        // SIGINT: roll open transactions back, write a checkpoint, end ("fast").
        kill(processID, SIGINT)
        if try await waitUntilEnded(timeout: timeout) { return }
        logger.warning("PostgreSQL does not stop in time; stopping it at once")
        // SIGQUIT: end at once and recover at the next start ("immediate").
        kill(processID, SIGQUIT)
        if try await waitUntilEnded(timeout: Self.immediateStopTimeout) { return }
        throw PrivatePostgresError(
            .stopTimedOut,
            "PostgreSQL (process \(processID)) did not stop. Look at its log beside \(cluster), then end it with kill -9."
        )
    }

    private func waitUntilEnded(timeout: Duration) async throws(PrivatePostgresError) -> Bool {
        try await Poll.until(timeout) { () throws(PrivatePostgresError) in !isRunning }
    }
}
