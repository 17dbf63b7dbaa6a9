import Foundation
import Logging
import Postgres
import TestSupport
import Triage

/// A database with the demo organisation, embedded and triaged, and any number of processes against it. Seeding takes
/// seconds, so it is done once, and every installation has a copy.
final class SeededInstallation: Sendable {
    static let organization: Int64 = 1

    let pool: PostgresPool
    let logger = SeededInstallation.quiet
    private let database: String
    private static let quiet = Logger(label: "seeded") { _ in SwiftLogNoOpLogHandler() }

    private actor Template {
        static let shared = Template()
        private var making: Task<String, any Error>?

        func database() async throws -> String {
            if let making { return try await making.value }
            let task = Task {
                let database = try await TestDatabase.make()
                let system = try await InstalledSystem.start(
                    dataDirectory: try TestDirectory.make("template"), settings: ["DATABASE_URL": database])
                let pool = SeededInstallation.pool(database)
                try await until("the newest tickets are triaged") {
                    try await pool.query("SELECT 1 AS one FROM jobs WHERE state IN ('available', 'running')").isEmpty
                }
                await pool.shutdown()
                await system.end()
                return database
            }
            making = task
            return try await task.value
        }
    }

    private init(database: String) {
        self.database = database
        pool = Self.pool(database)
    }

    static func make() async throws -> SeededInstallation {
        SeededInstallation(database: try await TestDatabase.make(template: try await Template.shared.database()))
    }

    private static func pool(_ database: String) -> PostgresPool {
        PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: database, poolSizeMax: 2, acquireTimeout: .seconds(60)),
            logger: quiet)
    }

    /// The name in the connection string.
    var databaseName: String { URL(string: database)?.lastPathComponent ?? database }

    private func settings(_ more: [String: String]) -> [String: String] {
        ["DATABASE_URL": database, "NEXIFY_SECRET_KEY": ContractSystem.secret].merging(more) { $1 }
    }

    /// A process that answers HTTP, ready.
    func start(
        _ command: String = "up", in directory: String? = nil, _ more: [String: String] = [:]
    ) async throws -> InstalledSystem {
        let system = try await InstalledSystem.start(
            command, dataDirectory: try directory ?? TestDirectory.make("seeded"), settings: settings(more))
        ServerAtTestEnd.register(system.processIdentifier)
        return system
    }

    /// A process that only works.
    func startWorker(in directory: String? = nil, _ more: [String: String] = [:]) throws -> InstalledSystem {
        let system = try InstalledSystem(
            "worker", dataDirectory: try directory ?? TestDirectory.make("worker"), port: InstalledSystem.freePort(),
            settings: settings(more))
        ServerAtTestEnd.register(system.processIdentifier)
        return system
    }

    func count(_ sql: SQL) async throws -> Int64 {
        guard let row = try await pool.query(sql).first else { return -1 }
        return try row.decode("count")
    }

    /// Chunks of random vectors, in the first document, that no index has heard of: to be added before any is opened.
    func addRandomChunks(_ count: Int64) async throws {
        try await pool.execute(
            """
            INSERT INTO chunks (organization_id, document_id, chunk_index, text, char_start, char_end, embedding,
                                embedding_model)
            SELECT 1, (SELECT min(id) FROM documents), 1000 + n, 'x', 0, 1,
                   (SELECT array_agg(random() - 0.5 + n * 0 + d * 0) FROM generate_series(1, 384) AS d)::real[]::vector,
                   (SELECT min(embedding_model) FROM chunks)
            FROM generate_series(1, \(count)) AS n
            """)
    }

    /// Chunks that have no vector yet.
    func unembedded() async throws -> Int64 {
        try await count("SELECT count(*) FROM chunks WHERE embedding IS NULL")
    }
}

/// Asks until it is so: there is no event that a stranger to the process could wait for.
func until(
    _ what: String, within timeout: Duration = .seconds(60), _ isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock().now + timeout
    while try await !isSo() {
        guard ContinuousClock().now < deadline else {
            throw InstalledSystem.Failure(description: "not within \(timeout): \(what)")
        }
        try await ContinuousClock().sleep(for: .milliseconds(20))
    }
}

extension InstalledSystem {
    /// A search by meaning, explained.
    func retrieve(
        _ query: String, in organization: Int64 = SeededInstallation.organization, explain: Bool = true,
        as token: String
    ) async throws -> Answer {
        try await call(
            "POST", "/api/organizations/\(organization)/kb/retrieve/",
            ["query": .string(query), "mode": "vector", "k": 5, "explain": .bool(explain)], as: token)
    }

    /// Adds a document. - Returns: its id.
    func addDocument(
        _ title: String, _ text: String, to organization: Int64 = SeededInstallation.organization, as token: String
    ) async throws -> Int64 {
        let made = try await call(
            "POST", "/api/organizations/\(organization)/documents/", ["title": .string(title), "text": .string(text)],
            as: token)
        guard made.status == 201, let id = made["id"]?.intValue else {
            throw Failure(description: "adding a document answered \(made.status): \(made.text)")
        }
        return id
    }

    /// The value of a metric without labels; 0 when it was never counted.
    func metric(_ name: String) async throws -> Double {
        let text = try await call("GET", "/metrics").text
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
    }
}

extension InstalledSystem.Answer {
    /// The documents of a search's answer, best first.
    var documents: [Int64] {
        self["results"]?.arrayValue?.compactMap { $0["document_id"]?.intValue } ?? []
    }

    var indexVersion: Int64 { self["explanation"]?["index_version"]?.intValue ?? -1 }
}

extension PostgresConnection {
    /// The processes that wait for a lock that this connection's transaction holds.
    func waiting() async throws -> [Int32] {
        try await query(
            "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        ).map { try $0.decode("pid") }
    }
}
