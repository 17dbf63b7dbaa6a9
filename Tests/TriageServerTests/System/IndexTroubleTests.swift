import Foundation
import Postgres
import TestSupport
import Testing
import Triage

@Suite("Indexes in trouble, and back", .serialized)
struct IndexTroubleTests {
    private static let question = "When is my payout sent?"

    /// What happens to a file while it is served.
    enum Harm: String, CaseIterable, Sendable {
        case replaced, removed, truncated

        func happen(to file: String) throws {
            switch self {
            case .replaced:
                try Data("GIF89a, and no index at all".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            case .removed: try FileManager.default.removeItem(atPath: file)
            case .truncated:
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
                try handle.truncate(atOffset: 4_096)
                try handle.close()
            }
        }
    }

    @Test(arguments: Harm.allCases)
    func aFileHarmedWhileItIsServedIsReplacedWithoutARestart(harm: Harm) async throws {
        let installation = try await SeededInstallation.make()
        let directory = try TestDirectory.make("harm")
        let server = try await installation.start("serve", in: directory, ["NEXIFY_INDEX_REPAIR_SECONDS": "3"])
        let token = try await server.signIn("viewer")
        let file = directory + "/indexes/organization-1/kb.nxi"
        let before = try await server.retrieve(Self.question, as: token)
        #expect(before["backend"] == "index")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))

        try harm.happen(to: file)
        try await until("it is noticed") { try await server.call("GET", "/readyz")["status"] == "degraded" }
        let ready = try await server.call("GET", "/readyz")
        #expect(ready.status == 200)
        // Anybody may ask, so it names no file and no organisation.
        #expect(ready.text.contains("cannot be used") && !ready.text.contains("kb.nxi"))
        let meanwhile = try await server.retrieve(Self.question, as: token)
        #expect(meanwhile["backend"] == "pgvector")
        #expect(meanwhile["explanation"]?["fallback_reason"]?.stringValue?.contains("kb.nxi") == true)
        #expect(meanwhile.documents == before.documents)
        #expect(try await server.metric("nexify_retrieval_fallbacks_total") >= 1)

        try await until("it is repaired") {
            try await server.retrieve(Self.question, as: token)["backend"] == "index"
        }
        #expect(try await server.call("GET", "/readyz")["status"] == "ready")
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == bytes)
        #expect(try await server.retrieve(Self.question, as: token).documents == before.documents)
    }

    /// What changes is served from memory although it cannot be written, and the operator is told.
    @Test func anIndexThatCannotBeWrittenGoesOnServing() async throws {
        let installation = try await SeededInstallation.make()
        let directory = try TestDirectory.make("unwritable")
        let system = try await installation.start(in: directory, ["NEXIFY_INDEX_REPAIR_SECONDS": "1"])
        let token = try await system.signIn("agent")
        #expect(try await system.retrieve(Self.question, as: token)["backend"] == "index")
        // A directory that is not empty cannot be replaced by the generation that is to be kept, not even by root.
        let obstacle = directory + "/indexes/organization-1/kb.nxi.previous"
        try? FileManager.default.removeItem(atPath: obstacle)
        try FileManager.default.createDirectory(atPath: obstacle + "/in-the-way", withIntermediateDirectories: true)

        let document = try await system.addDocument(
            "Aquarium rental", "Clients may rent the koi aquarium for forty euro an hour.", as: token)
        try await until("the operator is told") { try await system.call("GET", "/readyz")["status"] == "degraded" }
        let ready = try await system.call("GET", "/readyz")
        #expect(ready.status == 200)
        // Anybody may ask, so it names no file and no organisation.
        #expect(ready.text.contains("cannot be used") && !ready.text.contains("kb.nxi"))
        let found = try await system.retrieve("how much is the aquarium", as: token)
        #expect(found["backend"] == "index")
        #expect(found.documents.first == document)

        try FileManager.default.removeItem(atPath: obstacle)
        try await until("it has caught up") { try await system.call("GET", "/readyz")["status"] == "ready" }
    }

    @Test func everyAnswerIsCheckedWhenTheShareIsOneAndOnlyThoseAskedForWhenItIsNone() async throws {
        let installation = try await SeededInstallation.make()
        let checked = "nexify_retrieval_cross_checks_total"
        let always = try await installation.start("serve", ["NEXIFY_CROSS_CHECK_SHARE": "1"])
        let never = try await installation.start("serve", ["NEXIFY_CROSS_CHECK_SHARE": "0"])
        let token = try await always.signIn("viewer")
        for server in [always, never] {
            for _ in 0..<7 { _ = try await server.retrieve(Self.question, explain: false, as: token) }
        }
        #expect(try await always.metric(checked) == 7)
        #expect(try await never.metric(checked) == 0)
        #expect(try await always.metric("nexify_retrieval_cross_check_rows_total") == 7 * 30)
        #expect(try await always.metric("nexify_retrieval_cross_check_rows_missed_total") == 0)
        let asked = try await never.retrieve(Self.question, as: token)
        #expect(asked["explanation"]?["agreement"]?.doubleValue == 1)
        #expect(try await never.metric(checked) == 1)
        // What pgvector answers itself is checked against nothing.
        let exact = try await never.call(
            "POST", "/api/organizations/1/kb/retrieve/",
            ["query": .string(Self.question), "mode": "vector", "backend": "pgvector", "explain": true], as: token)
        #expect(exact["backend"] == "pgvector")
        #expect(exact["explanation"]?["agreement"] == .null)
        #expect(exact["explanation"]?["fallback_reason"] == .null)
        #expect(exact.documents == asked.documents)
        #expect(try await never.metric(checked) == 1)
    }

    @Test func labelsFollowWhatAnApprovalChanged() async throws {
        let installation = try await SeededInstallation.make()
        let system = try await installation.start()
        let token = try await system.signIn("agent")
        func triage(_ body: String) async throws -> (ticket: Int64, suggestion: Int64, metadata: JSONValue?) {
            let created = try await system.call(
                "POST", "/api/tickets/",
                [
                    "organization_id": 1, "requester_email": "zebra@zoo.example", "subject": "Stripes on our labels",
                    "body": .string(body),
                ], as: token)
            let ticket = try #require(created["id"]?.intValue)
            let run = try await system.call(
                "POST", "/api/tickets/\(ticket)/trigger-triage/?wait=30", headers: ["Idempotency-Key": "labels"],
                as: token)
            let suggestion = try #require(run["suggestion"]?["id"]?.intValue)
            let read = try await system.call("GET", "/api/tickets/\(ticket)/suggestions/\(suggestion)/", as: token)
            return (ticket, suggestion, read["metadata"])
        }
        let first = try await triage("The zebra label printer prints only black stripes.")
        let approved = try await system.call(
            "POST", "/api/tickets/\(first.ticket)/suggestions/\(first.suggestion)/approve/",
            ["suggested_team": "Data & Privacy", "suggested_priority": "urgent"], as: token)
        #expect(approved.status == 200)
        func precedent() async throws -> JSONValue? {
            try await triage("Our zebra label printer prints nothing but black stripes!")
                .metadata?["similar_tickets"]?.arrayValue?.first
        }
        try await until("the next suggestion knows it") {
            let known = try await precedent()
            guard known?["ticket"] == .int(first.ticket) else { return false }
            #expect(known?["team"] == "Data & Privacy")
            return true
        }
        // The label follows what a person changes afterwards, at once: labels are read from the rows.
        let changed = try await system.call(
            "PATCH", "/api/tickets/\(first.ticket)/", ["assigned_team": "Payments & Payouts"], as: token)
        #expect(changed.status == 200)
        #expect(try await precedent()?["team"] == "Payments & Payouts")
    }

    @Test func readinessSaysWhenToAskAgainWhilePostgresIsAway() async throws {
        let installation = try await SeededInstallation.make()
        let server = try await installation.start("serve")
        let admin = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: try await TestDatabase.serverConnectionString(), poolSizeMax: 1),
            logger: installation.logger)
        let name = installation.databaseName
        await installation.pool.shutdown()
        try await admin.execute("UPDATE pg_database SET datallowconn = false WHERE datname = \(name)")
        _ = try await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name)")
        try await until("it is noticed") { try await server.call("GET", "/readyz").status == 503 }
        let away = try await server.call("GET", "/readyz")
        #expect(away["status"] == "unavailable")
        #expect(away.headers["retry-after"].flatMap { Int($0) }.map { $0 > 0 } == true)
        #expect(try await server.call("GET", "/healthz").status == 200)
        try await admin.execute("UPDATE pg_database SET datallowconn = true WHERE datname = \(name)")
        try await until("it is back by itself") { try await server.call("GET", "/readyz").status == 200 }
        await admin.shutdown()
    }

    /// A host that hangs does not say so: what was asked before is given up, too, and the API answers in the contract's
    /// words. The database's processes are stopped, as they would be on a frozen host.
    @Test func aDatabaseThatHangsIsGivenUp() async throws {
        let directory = try TestDirectory.make("hanging")
        let system = try await InstalledSystem.start(dataDirectory: directory)
        ServerAtTestEnd.register(system.processIdentifier)
        let token = try await system.signIn("agent")
        let processes = try Self.postgresProcesses(under: directory)
        #expect(!processes.isEmpty)
        for process in processes { kill(process, SIGSTOP) }
        defer { for process in processes { kill(process, SIGCONT) } }
        let answers = try await withThrowingTaskGroup(of: InstalledSystem.Answer.self) { group in
            for _ in 0..<16 {
                group.addTask { try await system.call("GET", "/api/organizations/1/dashboard/", as: token) }
            }
            // They go on coming, and wait for connections that others share. Each is told long before its request's time is up.
            for number in 0..<32 {
                group.addTask {
                    try await Task.sleep(for: .milliseconds(100 * number))
                    let began = ContinuousClock.now
                    let answer = try await system.call("GET", "/api/tickets/1/", as: token)
                    #expect(ContinuousClock.now - began < .seconds(10))
                    return answer
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let readiness = try await system.call("GET", "/readyz")
        #expect(readiness.status == 503)
        for process in processes { kill(process, SIGCONT) }
        #expect(answers.allSatisfy { $0.status == 503 && $0.headers["retry-after"] != nil })
        try await until("it is back by itself") {
            try await system.call("GET", "/api/organizations/1/dashboard/", as: token).status == 200
        }
        await system.end()
    }

    /// The postmaster of that data directory and its children.
    private static func postgresProcesses(under directory: String) throws -> [pid_t] {
        let file = "\(directory)/postgres/cluster/postmaster.pid"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let postmaster = try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
        let children = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
            let status = try? String(contentsOfFile: "/proc/\($0)/status", encoding: .utf8)
            return status?.contains("PPid:\t\(postmaster)\n") == true
        }
        return [postmaster] + children
    }
}
