import Foundation
import Logging

/// A cluster on disk: made once, completely or not at all, and recognised again.
struct Cluster: Sendable {
    var home: ClusterHome
    var binaries: PostgresBinaries
    var child: ChildProcess
    /// The programs' major version, e.g. 18.
    var majorVersion: Int

    /// Written into the cluster when our database is in it.
    private var databaseMarker: String { "\(home.directory)/database-made" }

    /// Makes the cluster if there is none.
    ///
    /// initdb works in `cluster.new`, which gets its name only when it is done: what an interrupted initdb leaves
    /// behind is never taken for a cluster, and goes at the next start.
    ///
    /// - Throws: `otherMajorVersion`, `notACluster`, `initialisationFailed`, `diskFull`, `permissionDenied`.
    func initialiseIfNew(sync: Bool, logger: Logger) async throws(PrivatePostgresError) {
        guard try !isThere() else { return }
        logger.info("Making a new PostgreSQL cluster", metadata: ["directory": "\(home.cluster)"])
        let staging = "\(home.cluster).new"
        let secretForInitdb = "\(home.directory)/password.initdb"
        try FileStep.remove(staging)
        try FileStep.remove(databaseMarker)
        try FileStep.makeDirectory(staging, mode: 0o700, owner: child.account)
        let secret = Self.randomName(characters: 32)
        try FileStep.write(secret, to: secretForInitdb, mode: 0o600, owner: child.account)
        var arguments = [
            "--pgdata=\(staging)", "--username=\(Login.user)", "--pwfile=\(secretForInitdb)",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
        ]
        // The same order of text on every machine, whatever its C library; older versions do not have it.
        if majorVersion >= 17 { arguments.append("--locale-provider=builtin") }
        if !sync { arguments.append("--no-sync") }
        let outcome = try await child.run(binaries.program("initdb"), arguments)
        try FileStep.remove(secretForInitdb)
        guard outcome.succeeded else {
            throw Self.failure(
                .initialisationFailed, "PostgreSQL could not make its data directory \(home.cluster).",
                output: outcome.output)
        }
        try FileStep.write(secret, to: home.password, mode: 0o600)
        try FileStep.write("nexify-\(Self.randomName(characters: 12))", to: home.clusterName, mode: 0o600)
        try FileStep.move(staging, to: home.cluster)
    }

    /// - Returns: false when there is nothing, or only an empty directory.
    private func isThere() throws(PrivatePostgresError) -> Bool {
        guard FileStep.exists(home.cluster) else { return false }
        guard let text = try FileStep.read("\(home.cluster)/PG_VERSION") else {
            if rmdir(home.cluster) == 0 { return false }
            throw PrivatePostgresError(
                .notACluster,
                "\(home.cluster) is not a PostgreSQL data directory (it has no PG_VERSION). Move it away and start "
                    + "again, or choose another directory with NEXIFY_DATA_DIR.")
        }
        let found = text.filter { !$0.isWhitespace }
        guard found == "\(majorVersion)" else {
            throw PrivatePostgresError(
                .otherMajorVersion,
                "The data in \(home.cluster) was made by PostgreSQL \(found), but \(binaries.directory) is PostgreSQL "
                    + "\(majorVersion). Set NEXIFY_POSTGRES_DIR to a PostgreSQL \(found), dump the data with its "
                    + "pg_dump and restore it into a new directory (NEXIFY_DATA_DIR).")
        }
        return true
    }

    /// The superuser's password.
    func password() throws(PrivatePostgresError) -> String { try secret(home.password) }

    /// The cluster's random name, by which its processes are known.
    func name() throws(PrivatePostgresError) -> String { try secret(home.clusterName) }

    private func secret(_ path: String) throws(PrivatePostgresError) -> String {
        guard let text = try FileStep.read(path), !text.isEmpty else {
            throw PrivatePostgresError(
                .dataMissing,
                "\(path), which belongs to the cluster \(home.cluster), is missing. Put it back from a backup, or move "
                    + "\(home.directory) away to start with an empty database.")
        }
        return text
    }

    /// Makes our database in the running server, once.
    func makeDatabaseIfNew(at connectionString: String) async throws(PrivatePostgresError) {
        guard !FileStep.exists(databaseMarker) else { return }
        do throws(PrivatePostgresError) {
            try await DatabaseMaker(binariesDirectory: binaries.directory).make(Login.database, at: connectionString)
        } catch {
            // A start that died between making it and writing the marker has made it already.
            guard let cause = error.cause, cause.contains("already exists") else { throw error }
        }
        try FileStep.write("", to: databaseMarker, mode: 0o600)
    }

    /// The error behind what a program of PostgreSQL printed; `code` when nothing more exact is known.
    static func failure(_ code: PrivatePostgresError.Code, _ message: String, output: String) -> PrivatePostgresError {
        let cause = output.split(separator: "\n").suffix(LogFile.tailLinesMax).joined(separator: "\n")
        // Messages are in English: the programs run with LC_ALL=C, the server with lc_messages = C.
        if output.contains("No space left on device") || output.contains("Disk quota exceeded") {
            return PrivatePostgresError(
                .diskFull, "\(message) The disk is full: free some space (df -h) and start again.", cause: cause)
        }
        if output.contains("Address already in use") {
            return PrivatePostgresError(
                .portInUse, "\(message) Another program listens on its port: stop it or choose another port.",
                cause: cause)
        }
        if output.contains("Permission denied") || output.contains("invalid permissions")
            || output.contains("wrong ownership")
        {
            return PrivatePostgresError(
                .permissionDenied,
                "\(message) Its files belong to another user or are too open: start as the user who made them, or "
                    + "choose another directory with NEXIFY_DATA_DIR.", cause: cause)
        }
        return PrivatePostgresError(code, message, cause: cause)
    }

    /// Letters and digits only, so that it needs no quoting anywhere; from the system's secure generator.
    static func randomName(characters: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<characters).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}
