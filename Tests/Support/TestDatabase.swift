import Foundation
import Logging
import PrivatePostgres
import Synchronization

/// Real databases for tests: each `make` gives an empty one of its own.
///
/// One private PostgreSQL per test process, started by the first caller and stopped when the process exits; what a
/// test process that was killed left behind is cleared by the next one. With `NEXIFY_TEST_DATABASE_URL` (a libpq URI
/// of a role that may make databases) that server is used instead, and the databases stay there.
public enum TestDatabase {
    /// Where `scripts/setup.sh` put PostgreSQL, independent of the working directory.
    public static let binariesDirectory: String = {
        let directory = PrivatePostgres.Configuration.defaultBinariesDirectory()
        return directory.hasPrefix("/") ? directory : RepositoryRoot.path(directory)
    }()

    private static let count = Atomic<Int>(0)

    /// A new database.
    ///
    /// - Parameter template: the connection string of a database made here that is to be copied, with nobody
    ///   connected to it; nil: an empty database.
    /// - Returns: its connection string, a libpq URI.
    public static func make(template: String? = nil) async throws -> String {
        let server = try await TestServer.shared.connectionString()
        let number = count.add(1, ordering: .relaxed).newValue
        let name = "nexify_test_\(getpid())_\(number)_\(UInt32.random(in: 0...UInt32.max))"
        try await DatabaseMaker(binariesDirectory: binariesDirectory)
            .make(name, template: template.map(databaseName), at: server)
        return DatabaseMaker.connectionString(server, database: name)
    }

    /// The server itself, as a libpq URI of a role that may make databases.
    public static func serverConnectionString() async throws -> String {
        try await TestServer.shared.connectionString()
    }

    private static func databaseName(_ connectionString: String) -> String {
        guard let path = URLComponents(string: connectionString)?.path else { return connectionString }
        return String(path.dropFirst())
    }
}

/// The one server of this test process.
actor TestServer {
    static let shared = TestServer()

    private var start: Task<String, any Error>?

    func connectionString() async throws -> String {
        if let url = ProcessInfo.processInfo.environment["NEXIFY_TEST_DATABASE_URL"], !url.isEmpty { return url }
        if let start { return try await start.value }
        let task = Task { try await Self.startServer() }
        start = task
        return try await task.value
    }

    private static func startServer() async throws -> String {
        await TestDirectory.clearStale()
        let directory = try TestDirectory.make("server")
        let postgres = PrivatePostgres(configuration(directory), logger: quietLogger)
        let endpoint = try await postgres.start()
        ServerAtExit.stop(cluster: endpoint.clusterDirectory)
        // Kept for the life of the process: its lock tells other test processes that this server is in use.
        server.withLock { $0 = postgres }
        return endpoint.connectionString
    }

    private static let server = Mutex<PrivatePostgres?>(nil)

    /// Nothing here must survive a crash, so nothing waits for the disk.
    static func configuration(_ directory: String) -> PrivatePostgres.Configuration {
        PrivatePostgres.Configuration(
            binariesDirectory: TestDatabase.binariesDirectory, dataDirectory: directory,
            relocationDirectory: "\(directory)/relocated",
            settings: [
                "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200",
            ])
    }

    static let quietLogger = Logger(label: "test.postgres") { _ in SwiftLogNoOpLogHandler() }
}
