import Foundation
import Logging

/// The directory that holds one cluster and all that goes with it, and how it is found again.
///
/// ```
/// <data directory>/postgres/        ours, 0711 when we are root (the account passes through), else 0700
///     location                      only when the home is elsewhere: its path in the first line
///     lock                          held while a server of ours runs
/// <home>/                           the same directory, or <relocation directory>/<hash of the data directory>
///     cluster/                      PostgreSQL's data directory, owned by the account, 0700
///     run/                          the Unix socket, 0700
///     password, cluster-name        made with the cluster
///     postgresql.conf, pg_hba.conf  written at every start
///     postgres.log, postgres.log.1
/// ```
/// What we write as root stands in directories of root, so that the account cannot divert it with links.
struct ClusterHome: Sendable {
    /// Absolute, without links.
    var directory: String
    /// True when the data directory holds only a note of where this is.
    var isElsewhere: Bool

    var cluster: String { "\(directory)/cluster" }
    var password: String { "\(directory)/password" }
    var clusterName: String { "\(directory)/cluster-name" }
    var configurationFile: String { "\(directory)/postgresql.conf" }
    var accessFile: String { "\(directory)/pg_hba.conf" }
    var log: LogFile { LogFile(path: "\(directory)/postgres.log") }
    var lock: String { "\(directory)/lock" }

    static let relocatedMax = 100

    /// Makes `<data directory>/postgres`, which every start locks first.
    static func makeBase(_ configuration: PrivatePostgres.Configuration) throws(PrivatePostgresError) -> String {
        try FileStep.makeParents(configuration.dataDirectory)
        let base = "\(FileStep.canonical(configuration.dataDirectory))/postgres"
        try FileStep.makeDirectory(base, mode: geteuid() == 0 ? 0o711 : 0o700)
        return base
    }

    /// Where the cluster of this data directory is or shall be. Call with `base` locked.
    static func resolve(
        base: String, configuration: PrivatePostgres.Configuration, child: ChildProcess, logger: Logger
    ) async throws(PrivatePostgresError) -> ClusterHome {
        let note = "\(base)/location"
        if let text = try FileStep.read(note), let path = text.split(separator: "\n").first.map(String.init) {
            guard FileStep.isDirectory(path) else {
                throw PrivatePostgresError(
                    .dataMissing,
                    "\(note) says that the data is in \(path), but there is no such directory. Put it back, or remove "
                        + "\(note) to start with an empty database.")
            }
            return ClusterHome(directory: path, isElsewhere: true)
        }
        if try await child.canEnter(base) { return ClusterHome(directory: base, isElsewhere: false) }
        guard !FileStep.exists("\(base)/cluster") else {
            throw PrivatePostgresError(
                .permissionDenied,
                "The account \(child.account?.name ?? "") that runs PostgreSQL can no longer enter \(base), where its "
                    + "data is. Allow it again (chmod a+x on that directory's parents).")
        }
        let home = try relocate(base: base, configuration: configuration)
        try FileStep.write(
            """
            \(home)
            The PostgreSQL data of this directory is there, because the account that runs PostgreSQL cannot enter here.
            Remove both to start with an empty database.

            """, to: note, mode: 0o644)
        logger.info("PostgreSQL's account cannot enter the data directory", metadata: ["data": "\(home)"])
        return ClusterHome(directory: home, isElsewhere: true)
    }

    /// A directory of its own for this data directory; one that an earlier data directory of the same path left
    /// behind is not taken over, since whoever removed that one wanted an empty database.
    private static func relocate(
        base: String, configuration: PrivatePostgres.Configuration
    ) throws(PrivatePostgresError) -> String {
        try FileStep.makeParents(configuration.relocationDirectory)
        let parent = FileStep.canonical(configuration.relocationDirectory)
        let hash = FileStep.shortHash(base)
        for number in 1...relocatedMax {
            let home = "\(parent)/\(hash)\(number == 1 ? "" : "-\(number)")"
            guard mkdir(home, 0o711) == 0 else {
                if errno == EEXIST { continue }
                throw FileStep.failure("create the directory", home)
            }
            guard chmod(home, 0o711) == 0 else { throw FileStep.failure("change the permissions of", home) }
            return home
        }
        throw PrivatePostgresError(
            .fileSystem, "\(parent) has \(relocatedMax) old clusters of \(base). Remove those you do not need.")
    }
}
