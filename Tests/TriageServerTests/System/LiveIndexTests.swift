import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing
import Triage

@Suite("Indexes that follow their rows in every process", .serialized)
struct LiveIndexTests {
    /// Long enough that embedding it takes a while, about something that the demo does not mention.
    private static let longText = (0..<400).map { paragraph in
        "Chapter \(paragraph). The lighthouse keeper wrote down wind, waves and passing ships of day \(paragraph). "
            + String(
                repeating: "The lamp was cleaned, its oil was measured, and the fog horn sounded twice. ", count: 8)
    }.joined(separator: "\n\n")

    @Test func twoServersFollowOneDatabase() async throws {
        let installation = try await SeededInstallation.make()
        let first = try await installation.start()
        let second = try await installation.start("serve")
        let token = try await first.signIn("agent")
        let question = "how much does the fish tank cost"
        // Both have the index open, and neither knows of fish.
        for server in [first, second] {
            let before = try await server.retrieve(question, as: token)
            #expect(before["backend"] == "index")
        }
        let document = try await first.addDocument(
            "Aquarium rental", "Clients may rent the koi aquarium for forty euro an hour; feed the koi at noon.",
            as: token)
        for server in [first, second] {
            try await until("the document is found on port \(server.port)") {
                let found = try await server.retrieve(question, as: token)
                #expect(found["backend"] == "index")
                #expect(found["explanation"]?["agreement"]?.doubleValue == 1 || found.documents.first != document)
                return found.documents.first == document
            }
        }
        let version = try await second.retrieve(question, as: token).indexVersion
        let deleted = try await first.call(
            "DELETE", "/api/organizations/1/documents/\(document)/", as: token)
        #expect(deleted.status == 204)
        // Never again: neither while the second server has not heard of it, nor when it has.
        try await until("the second server has heard of it") {
            let found = try await second.retrieve(question, as: token)
            #expect(!found.documents.contains(document))
            return found.indexVersion > version
        }
        #expect(try await !second.retrieve(question, as: token).documents.contains(document))
        #expect(try await !first.retrieve(question, as: token).documents.contains(document))
    }

    /// Tells searchers when it is enough.
    private final class Searching: Sendable {
        let goesOn = Mutex(true)
    }

    /// No search fails or is left to pgvector while documents come and go and generations take each other's place.
    @Test func searchesGoOnWhileGenerationsChange() async throws {
        let installation = try await SeededInstallation.make()
        let system = try await installation.start()
        let token = try await system.signIn("agent")
        let searching = Searching()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var count = 0
                    while searching.goesOn.withLock({ $0 }) {
                        let found = try await system.retrieve("When is my payout sent?", as: token)
                        #expect(found.status == 200)
                        #expect(found["backend"] == "index")
                        #expect(found.documents.count == 5)
                        count += 1
                    }
                    return count
                }
            }
            defer { searching.goesOn.withLock { $0 = false } }
            func generation() async throws -> String {
                let found = try await system.retrieve("aquarium", as: token)
                return try #require(found["explanation"]?["index_generation"]?.stringValue)
            }
            for number in 0..<3 {
                let before = try await generation()
                let document = try await system.addDocument(
                    "Aquarium \(number)", "The koi aquarium costs forty euro an hour.", as: token)
                try await until("another generation is served") { try await generation() != before }
                _ = try await system.call("DELETE", "/api/organizations/1/documents/\(document)/", as: token)
            }
            searching.goesOn.withLock { $0 = false }
            for try await count in group { #expect(count > 10) }
        }
        await system.end()
    }

    /// A server and a worker on one machine share the files: one of them writes a generation, both serve it.
    @Test func processesOfOneDirectoryConverge() async throws {
        let installation = try await SeededInstallation.make()
        let directory = try TestDirectory.make("shared")
        let server = try await installation.start("serve", in: directory)
        let worker = try installation.startWorker(in: directory)
        let token = try await server.signIn("agent")
        func triage() async throws -> JSONValue {
            let created = try await server.call(
                "POST", "/api/tickets/",
                [
                    "organization_id": 1, "requester_email": "c@d.example", "subject": "Aquarium",
                    "body": "How much is the aquarium?",
                ], as: token)
            let ticket = try #require(created["id"]?.intValue)
            let run = try await server.call(
                "POST", "/api/tickets/\(ticket)/trigger-triage/?wait=30", headers: ["Idempotency-Key": "shared"],
                as: token)
            let suggestion = try #require(run["suggestion"]?["id"]?.intValue)
            let read = try await server.call("GET", "/api/tickets/\(ticket)/suggestions/\(suggestion)/", as: token)
            return try #require(read["metadata"]?["retrieval"])
        }
        _ = try await triage()
        let before = try await server.retrieve("aquarium", as: token)["explanation"]?["index_generation"]
        let document = try await server.addDocument(
            "Aquarium rental", "Clients may rent the koi aquarium for forty euro an hour.", as: token)
        try await until("a generation with the document is served by both") {
            let here = try await server.retrieve("how much is the aquarium", as: token)
            let generation = here["explanation"]?["index_generation"]
            guard here.documents.first == document, generation != before else { return false }
            let there = try await triage()
            return there["index_generation"] == generation && there["index_version"]?.intValue == here.indexVersion
        }
        await worker.end()
    }

    @Test func embeddingGoesOnAfterTheWorkerWasKilled() async throws {
        let installation = try await SeededInstallation.make()
        let server = try await installation.start("serve")
        let token = try await server.signIn("agent")
        let worker = try installation.startWorker()
        let document = try await server.addDocument("The lighthouse", Self.longText, as: token)
        let all = try await installation.count("SELECT count(*) FROM chunks WHERE document_id = \(document)")
        try await until("some of it is embedded") { try await installation.unembedded() < all }
        await worker.end(SIGKILL)
        let left = try await installation.unembedded()
        #expect(left > 0 && left < all)

        let next = try installation.startWorker()
        try await until("all of it is embedded") { try await installation.unembedded() == 0 }
        try await until("its last chapter is found by the index") {
            let found = try await server.retrieve("lighthouse keeper, day 399", as: token)
            return found["backend"] == "index" && found.documents.first == document
                && found["explanation"]?["agreement"]?.doubleValue == 1
        }
        await next.end()
    }

    /// Thousands of rows make a build that takes seconds. Killed in it, the process leaves no index, and the next one
    /// builds it.
    @Test func buildingGoesOnAfterTheServerWasKilled() async throws {
        let installation = try await SeededInstallation.make()
        try await installation.addRandomChunks(8_000)
        let directory = try TestDirectory.make("killed")
        let file = directory + "/indexes/organization-1/kb.nxi"
        let first = try await installation.start("serve", in: directory)
        let token = try await first.signIn("viewer")
        #expect(!FileManager.default.fileExists(atPath: directory + "/indexes"))
        let meanwhile = try await first.retrieve("When is my payout sent?", as: token)
        #expect(meanwhile["backend"] == "pgvector")
        #expect(meanwhile["explanation"]?["fallback_reason"]?.stringValue?.contains("being built") == true)
        try await until("it builds") { FileManager.default.fileExists(atPath: file + ".lock") }
        await first.end(SIGKILL)
        #expect(!FileManager.default.fileExists(atPath: file))

        let second = try await installation.start("serve", in: directory)
        try await until("the index answers") {
            try await second.retrieve("When is my payout sent?", as: token)["backend"] == "index"
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/indexes/organization-1")
        #expect(!names.contains { $0.hasSuffix(".tmp") })
        #expect(try await second.call("GET", "/readyz")["status"] == "ready")
    }

    /// A graph is extended by what changed, not built anew, and the index answers meanwhile.
    @Test func aLargeIndexIsExtended() async throws {
        let installation = try await SeededInstallation.make()
        try await installation.addRandomChunks(3_000)
        let system = try await installation.start()
        let token = try await system.signIn("agent")
        func state() async throws -> InstalledSystem.Answer {
            try await system.retrieve("lighthouse keeper, day 399", as: token)
        }
        try await until("the index is built") { try await state()["backend"] == "index" }
        let first = try await state()["explanation"]?["index_generation"]
        let document = try await system.addDocument("The lighthouse", Self.longText, as: token)
        try await until("another generation is served") {
            let found = try await state()
            #expect(found["backend"] == "index")
            return found["explanation"]?["index_generation"] != first
        }
        try await until("all of it is found") {
            let found = try await state()
            let isEmbedded = try await installation.unembedded() == 0
            return isEmbedded && found.documents.first == document
        }
        #expect(try await system.metric("nexify_index_extend_duration_seconds_count") >= 1)
        #expect(try await system.metric("nexify_index_rebuild_duration_seconds_count") == 2)
        await system.end()
    }

    /// A large document must not keep tickets waiting.
    @Test func triageGoesOnWhileAnotherIsEmbedded() async throws {
        let installation = try await SeededInstallation.make()
        let system = try await installation.start()
        let token = try await system.signIn("agent")
        let document = try await system.addDocument("The lighthouse", Self.longText, as: token)
        let created = try await system.call(
            "POST", "/api/tickets/",
            [
                "organization_id": 1, "requester_email": "a@b.example", "subject": "Payout",
                "body": "Our payout has not arrived in our bank account.",
            ], as: token)
        let ticket = try #require(created["id"]?.intValue)
        let run = try await system.call(
            "POST", "/api/tickets/\(ticket)/trigger-triage/?wait=30", headers: ["Idempotency-Key": "busy"], as: token)
        #expect(run["status"] == "succeeded")
        let state = try await system.call("GET", "/api/organizations/1/documents/\(document)/", as: token)
        #expect(state["index_status"] == "pending")
        await system.end()
    }

    /// Nothing is opened before somebody asks, and no more than may be open at a time.
    @Test func indexesAreOpenedWhenAskedForAndClosedWhenTheyAreTooMany() async throws {
        let installation = try await SeededInstallation.make()
        let animals = ["otters", "badgers", "herons", "newts"]
        for (number, animal) in animals.enumerated() {
            let organization = Int64(number + 2)
            try await installation.pool.execute(
                "INSERT INTO organizations (id, name) VALUES (\(organization), \(animal))")
            try await installation.pool.execute(
                """
                INSERT INTO memberships (organization_id, user_id, role)
                SELECT \(organization), id, 'agent' FROM users WHERE username = 'agent'
                """)
        }
        let directory = try TestDirectory.make("lazy")
        let server = try await installation.start("serve", in: directory, ["NEXIFY_INDEX_OPEN_MAX": "2"])
        let worker = try installation.startWorker()
        let token = try await server.signIn("agent")
        var documents: [Int64: Int64] = [:]
        for (number, animal) in animals.enumerated() {
            let organization = Int64(number + 2)
            documents[organization] = try await server.addDocument(
                animal, "All about \(animal) and where they live.", to: organization, as: token)
        }
        try await until("all is embedded") { try await installation.unembedded() == 0 }
        #expect(!FileManager.default.fileExists(atPath: directory + "/indexes"))
        for _ in 0..<2 {
            for (organization, document) in documents.sorted(by: { $0.key < $1.key }) {
                let found = try await server.retrieve("where do they live", in: organization, as: token)
                #expect(found["backend"] == "index")
                #expect(found.documents == [document])
                #expect(try await server.metric("nexify_indexes_open") <= 2)
            }
        }
        #expect(try await server.metric("nexify_indexes_closed_total") >= 6)
        await worker.end()
    }
}
