import Foundation
import Logging
import Postgres
import Synchronization
import TestSupport
import Triage
import TriageServer

/// A started server with two organisations whose rows the tests make themselves, for the statuses and bodies of the
/// contract. Made once a test process.
struct ContractSystem: Sendable {
    static let secret = (0..<4).map { _ in String(UInt64.random(in: UInt64.max / 2 ... .max), radix: 16) }.joined()
    static let password = "correct horse"
    static let apiKey = "nxf_contract-tests-ingest-key"

    let server: InstalledSystem
    let pool: PostgresPool
    private let database: String
    /// The organisation of the users admin, agent and viewer below.
    let own: Int64
    /// The organisation of the user outsider, its admin.
    let other: Int64
    /// A ticket of the other organisation.
    let foreignTicket: Int64
    let admin: String
    let agent: String
    let viewer: String
    let outsider: String

    private static let shared = Once()

    static func started() async throws -> ContractSystem { try await shared.system() }

    private actor Once {
        private var starting: Task<ContractSystem, any Error>?

        func system() async throws -> ContractSystem {
            if let starting { return try await starting.value }
            let task = Task { try await ContractSystem.start() }
            starting = task
            return try await task.value
        }
    }

    private static func start() async throws -> ContractSystem {
        let database = try await TestDatabase.make()
        let server = try await InstalledSystem.start(
            dataDirectory: try TestDirectory.make("contract"),
            settings: ["DATABASE_URL": database, "NEXIFY_SECRET_KEY": secret])
        ServerAtTestEnd.register(server.processIdentifier)
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: database, poolSizeMax: 4, acquireTimeout: .seconds(60)),
            logger: Logger(label: "contract") { _ in SwiftLogNoOpLogHandler() })
        let hash = try Argon2.hash(password, cost: Argon2.Cost(memoryKibibytes: 64, passes: 1, lanes: 1))
        let own = try await insert(
            pool, "INSERT INTO organizations (name) VALUES ('Contract') RETURNING id")
        let other = try await insert(pool, "INSERT INTO organizations (name) VALUES ('Elsewhere') RETURNING id")
        for (name, organization, role) in [
            ("contract-admin", own, "admin"), ("contract-agent", own, "agent"), ("contract-viewer", own, "viewer"),
            ("outsider", other, "admin"),
        ] {
            let user = try await insert(
                pool, "INSERT INTO users (username, password_hash) VALUES (\(name), \(hash)) RETURNING id")
            try await pool.execute(
                """
                INSERT INTO memberships (organization_id, user_id, role) VALUES (\(organization), \(user), \(role))
                """)
        }
        for team in ["Billing", "Support"] {
            try await pool.execute("INSERT INTO teams (organization_id, name) VALUES (\(own), \(team))")
        }
        let keyHash = SHA256Digest.of(Array(apiKey.utf8))
        try await pool.execute(
            """
            INSERT INTO api_keys (organization_id, name, prefix, key_hash) VALUES (\(own), 'tests', 'nxf_', \(keyHash))
            """)
        let foreign = try await insert(
            pool,
            """
            INSERT INTO tickets (organization_id, requester_email, subject, body)
            VALUES (\(other), 'a@b.example', 'theirs', 'theirs') RETURNING id
            """)
        func token(_ user: String) async throws -> String {
            let answer = try await server.call(
                "POST", "/api/auth/token/", ["username": .string(user), "password": .string(password)])
            guard let token = answer["access"]?.stringValue else {
                throw InstalledSystem.Failure(description: "sign-in answered \(answer.status): \(answer.text)")
            }
            return token
        }
        return ContractSystem(
            server: server, pool: pool, database: database, own: own, other: other, foreignTicket: foreign,
            admin: try await token("contract-admin"), agent: try await token("contract-agent"),
            viewer: try await token("contract-viewer"), outsider: try await token("outsider"))
    }

    private static func insert(_ pool: PostgresPool, _ sql: SQL) async throws -> Int64 {
        guard let row = try await pool.query(sql).first else {
            throw InstalledSystem.Failure(description: "no row from \(sql)")
        }
        return try row.decode("id")
    }
}

extension ContractSystem {
    typealias Answer = InstalledSystem.Answer

    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:],
        as token: String? = nil
    ) async throws -> Answer {
        try await server.call(method, path, body, headers: headers, as: token)
    }

    /// A body of any bytes.
    func send(
        _ method: String, _ path: String, _ body: [UInt8], contentType: String? = "application/json",
        as token: String? = nil
    ) async throws -> Answer {
        try await server.send(method, path, body, contentType: contentType, as: token)
    }

    /// Another process on the same rows, with settings of its own.
    func startAnother(_ command: String, _ settings: [String: String] = [:]) async throws -> InstalledSystem {
        let system = try startAnotherWithoutWaiting(command, settings)
        try await system.waitUntilReady()
        return system
    }

    func startAnotherWithoutWaiting(_ command: String, _ settings: [String: String]) throws -> InstalledSystem {
        let system = try InstalledSystem(
            command, dataDirectory: try TestDirectory.make("another"), port: InstalledSystem.freePort(),
            settings: ["DATABASE_URL": database, "NEXIFY_SECRET_KEY": Self.secret].merging(settings) { $1 })
        ServerAtTestEnd.register(system.processIdentifier)
        return system
    }

    /// The same server and users in another organisation, so that no other test disturbs what is in it.
    func inAnOrganizationOfItsOwn() async throws -> ContractSystem {
        let own = try await Self.insert(
            pool, "INSERT INTO organizations (name) VALUES (\("Own \(UUID().uuidString)")) RETURNING id")
        for role in ["admin", "agent", "viewer"] {
            try await pool.execute(
                """
                INSERT INTO memberships (organization_id, user_id, role)
                SELECT \(own), id, \(role) FROM users WHERE username = \("contract-" + role)
                """)
        }
        try await pool.execute("INSERT INTO teams (organization_id, name) VALUES (\(own), 'Billing')")
        return ContractSystem(
            server: server, pool: pool, database: database, own: own, other: other, foreignTicket: foreignTicket,
            admin: admin, agent: agent, viewer: viewer, outsider: outsider)
    }

    /// The admin's access token as it will be when it has expired.
    func expiredToken() async throws -> String { try await token(secondsLeft: -6_600) }

    /// The admin's access token as it will be so long before it expires.
    func token(secondsLeft: Double) async throws -> String {
        let me = try await call("GET", "/api/me/", as: admin)
        let then = try await TokenService(
            secret: Array(Self.secret.utf8), now: { Date(timeIntervalSinceNow: secondsLeft - 600) })
        return try await then.issue(.access, for: UserID(me["id"]?.intValue ?? 0)).token
    }

    /// A new ticket of the own organisation.
    func makeTicket(subject: String = "Subject", priority: String = "medium") async throws -> Int64 {
        try await Self.insert(
            pool,
            """
            INSERT INTO tickets (organization_id, requester_email, subject, body, priority)
            VALUES (\(own), 'a@b.example', \(subject), 'Body', \(priority)) RETURNING id
            """)
    }

    /// A pending suggestion (team Billing, priority high) on a ticket of the own organisation.
    func makeSuggestion(on ticket: Int64) async throws -> Int64 {
        let run = try await Self.insert(
            pool,
            """
            INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, status)
            VALUES (\(own), \(ticket), \(UUID().uuidString), '\\x00'::bytea, 'succeeded') RETURNING id
            """)
        return try await Self.insert(
            pool,
            """
            INSERT INTO suggestions (organization_id, ticket_id, job_run_id, suggested_priority, suggested_team,
                                     draft_reply, ticket_priority, ticket_status, ticket_subject,
                                     ticket_body_md5)
            SELECT \(own), \(ticket), \(run), 'high', 'Billing', 'Dear client', 'medium', status, subject, md5(body)
            FROM tickets WHERE id = \(ticket) RETURNING id
            """)
    }

    func eventKinds(of ticket: Int64) async throws -> [String] {
        try await pool.query("SELECT event_type FROM ticket_events WHERE ticket_id = \(ticket) ORDER BY id")
            .map { try $0.decode("event_type") }
    }

    func count(_ sql: SQL) async throws -> Int64 {
        guard let row = try await pool.query(sql).first else { return -1 }
        return try row.decode("count")
    }
}

/// Ends started servers with the test process.
enum ServerAtTestEnd {
    private static let processes = Mutex<[Int32]>([])

    static func register(_ process: Int32) {
        processes.withLock { processes in
            if processes.isEmpty { atexit { ServerAtTestEnd.end() } }
            processes.append(process)
        }
    }

    private static func end() {
        for process in processes.withLock({ $0 }) {
            kill(process, SIGTERM)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
    }
}
