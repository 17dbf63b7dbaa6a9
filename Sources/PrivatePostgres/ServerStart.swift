import Foundation
import Logging

/// One start, from the configuration to a server that answers: each step in order, each with its own error.
struct ServerStart: Sendable {
    var configuration: PrivatePostgres.Configuration
    var logger: Logger

    /// How long what a killed server left behind (its children, a shutdown under way) may take to go.
    static let leftoversTimeout = Duration.seconds(30)

    func run() async throws(PrivatePostgresError) -> (Endpoint, Postmaster, [DirectoryLock]) {
        let source = try PostgresBinaries(directory: configuration.binariesDirectory)
        let child = ChildProcess(account: try ServiceAccount.forThisProcess())

        let base = try ClusterHome.makeBase(configuration)
        var locks = [try DirectoryLock(path: "\(base)/lock")]
        let home = try await ClusterHome.resolve(
            base: base, configuration: configuration, child: child, logger: logger)
        if home.isElsewhere { locks.append(try DirectoryLock(path: home.lock)) }

        let binaries = try await source.usable(
            by: child, home: home.directory, relocation: configuration.relocationDirectory)
        let cluster = Cluster(
            home: home, binaries: binaries, child: child, majorVersion: try await binaries.majorVersion(child))
        try await cluster.initialiseIfNew(sync: configuration.settings["fsync"] != "off", logger: logger)

        let (postmaster, settings, wasAdopted) = try await serve(cluster)
        let connectionString: String
        do throws(PrivatePostgresError) {
            connectionString = Login.connectionString(
                password: try cluster.password(), socketDirectory: settings.socketDirectory, port: settings.port)
            try await cluster.makeDatabaseIfNew(at: connectionString)
        } catch {
            await abandon(postmaster)
            throw error
        }
        let endpoint = Endpoint(
            connectionString: connectionString,
            socketDirectory: settings.socketDirectory, port: settings.port,
            listensOnLoopback: configuration.loopbackPort != nil, clusterDirectory: home.cluster,
            account: child.account?.name ?? ServiceAccount.nameOfThisProcess(), wasAdopted: wasAdopted)
        logger.info("PostgreSQL is ready", metadata: ["endpoint": "\(endpoint)", "adopted": "\(wasAdopted)"])
        return (endpoint, postmaster, locks)
    }

    /// Stops the server that runs on this data directory without an owner, if there is one.
    func stopLeftBehind() async throws(PrivatePostgresError) {
        let child = ChildProcess(account: try ServiceAccount.forThisProcess())
        let base = try ClusterHome.makeBase(configuration)
        let lock = try DirectoryLock(path: "\(base)/lock")
        defer { withExtendedLifetime(lock) {} }
        let home = try await ClusterHome.resolve(
            base: base, configuration: configuration, child: child, logger: logger)
        guard let name = try FileStep.read(home.clusterName), !name.isEmpty,
            let left = try PostmasterFile.read(cluster: home.cluster)
        else { return }
        let processes = ClusterProcesses(clusterName: name, account: child.account?.userID ?? geteuid())
        try await Postmaster(adopting: left.processID, cluster: home.cluster, processes: processes)
            .stop(timeout: configuration.stopTimeout, logger: logger)
    }

    /// A server that answers on this cluster: the one left behind if it will do, else a new one.
    private func serve(_ cluster: Cluster) async throws(PrivatePostgresError) -> (Postmaster, ServerSettings, Bool) {
        let processes = ClusterProcesses(
            clusterName: try cluster.name(), account: cluster.child.account?.userID ?? geteuid())
        let left = try PostmasterFile.read(cluster: cluster.home.cluster)
        let settings = ServerSettings(
            clusterName: processes.clusterName,
            socketDirectory: try SocketDirectory.make(
                home: cluster.home, port: configuration.loopbackPort ?? ServerSettings.socketPort,
                owner: cluster.child.account, current: left?.socketDirectory),
            accessFile: cluster.home.accessFile, loopbackPort: configuration.loopbackPort,
            majorVersion: cluster.majorVersion, overrides: configuration.settings)

        if let left, processes.contains(left.processID) {
            if let adopted = try await adopt(left, cluster, processes, settings) { return (adopted, settings, true) }
        }
        try await clearLeftovers(cluster, processes, settings)
        return (try await startNew(cluster, processes, settings), settings, false)
    }

    /// Takes over the running server if it was started with the same settings; stops it if not.
    ///
    /// - Returns: nil when no server runs any more.
    private func adopt(
        _ left: PostmasterFile, _ cluster: Cluster, _ processes: ClusterProcesses, _ settings: ServerSettings
    ) async throws(PrivatePostgresError) -> Postmaster? {
        let postmaster = Postmaster(
            adopting: left.processID, cluster: cluster.home.cluster, processes: processes)
        if left.clusterDirectory == cluster.home.cluster, left.status != .stopping,
            try FileStep.read(cluster.home.configurationFile) == settings.configurationText,
            try FileStep.read(cluster.home.accessFile) == ServerSettings.accessText,
            try await postmaster.waitUntilReady(timeout: configuration.startTimeout)
        {
            logger.info("Found PostgreSQL running; going on with it", metadata: ["process": "\(left.processID)"])
            return postmaster
        }
        logger.info("Found PostgreSQL running with other settings; restarting it")
        try await postmaster.stop(timeout: configuration.stopTimeout, logger: logger)
        return nil
    }

    /// Waits for the children of a server that was killed, and removes the files that name its process id: that id may
    /// be a stranger's by now, or a zombie's that nobody fetches, which PostgreSQL alone cannot tell from a running
    /// server.
    ///
    /// Removing them takes PostgreSQL's own guard against two servers away, so it happens only when not one process of
    /// the cluster is left, under our lock.
    private func clearLeftovers(
        _ cluster: Cluster, _ processes: ClusterProcesses, _ settings: ServerSettings
    ) async throws(PrivatePostgresError) {
        var left: [Int32] = []
        let isClear = try await Poll.until(Self.leftoversTimeout) { () throws(PrivatePostgresError) in
            left = processes.running()
            return left.isEmpty
        }
        guard isClear else {
            throw PrivatePostgresError(
                .startFailed,
                "A PostgreSQL server that was killed left processes behind that still use \(cluster.home.cluster): "
                    + "\(left.map(String.init).joined(separator: ", ")). End them (kill) and start again.")
        }
        let socket = "\(settings.socketDirectory)/.s.PGSQL.\(settings.port)"
        for path in ["\(cluster.home.cluster)/postmaster.pid", socket, "\(socket).lock"] where FileStep.exists(path) {
            logger.info("Removing what a PostgreSQL that is gone left behind", metadata: ["file": "\(path)"])
            try FileStep.remove(path)
        }
    }

    private func startNew(
        _ cluster: Cluster, _ processes: ClusterProcesses, _ settings: ServerSettings
    ) async throws(PrivatePostgresError) -> Postmaster {
        let home = cluster.home
        // Readable by the account: it holds no secret.
        try FileStep.write(settings.configurationText, to: home.configurationFile, mode: 0o644)
        try FileStep.write(ServerSettings.accessText, to: home.accessFile, mode: 0o644)
        try home.log.bound()
        let logOffset = home.log.size
        let postmaster = try await Postmaster.spawn(cluster, processes: processes)
        let isReady: Bool
        do throws(PrivatePostgresError) {
            isReady = try await postmaster.waitUntilReady(timeout: configuration.startTimeout)
        } catch {
            await abandon(postmaster)
            throw error
        }
        if isReady { return postmaster }
        let hasEnded = !postmaster.isRunning
        if !hasEnded { await abandon(postmaster) }
        let tail = home.log.tail(after: logOffset)
        if hasEnded {
            throw Cluster.failure(
                .startFailed, "PostgreSQL ended while it started; its log is \(home.log.path).", output: tail)
        }
        throw PrivatePostgresError(
            .startTimedOut,
            "PostgreSQL did not answer within \(configuration.startTimeout). If it recovers from a crash, start again "
                + "and it goes on; its log is \(home.log.path).", cause: tail)
    }

    /// Stops a server whose start failed. In a task of its own, since ours may be cancelled; what it cannot stop is
    /// found again by the next start.
    private func abandon(_ postmaster: Postmaster) async {
        let stop = Task { [configuration, logger] () async -> Void in
            do throws(PrivatePostgresError) {
                try await postmaster.stop(timeout: configuration.stopTimeout, logger: logger)
            } catch {
                logger.error("PostgreSQL could not be stopped", metadata: ["error": "\(error)"])
            }
        }
        await stop.value
    }
}
