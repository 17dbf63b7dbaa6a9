import Foundation
import Testing
import Triage

@Suite("The log of a real process")
struct LogTests {
    /// What customers and users write, wherever they write it.
    private static let marker = "zebramarker"

    private func logged(by system: InstalledSystem) -> [JSONValue] {
        system.output.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(JSONValue.self, from: Data($0.utf8))
        }
    }

    @Test func hasIDsAndNoCustomerText() async throws {
        let contract = try await ContractSystem.started()
        let marker = Self.marker
        let system = try await contract.startAnother("up", ["NEXIFY_LOG_LEVEL": "debug"])
        let me = try #require(try await system.call("GET", "/api/me/", as: contract.agent)["id"]?.intValue)
        let created = try await system.call(
            "POST", "/api/tickets/",
            [
                "organization_id": .int(contract.own), "requester_email": .string("\(marker)@b.example"),
                "subject": .string("\(marker) subject"), "body": .string("\(marker) body"),
            ], headers: ["X-Request-ID": "log-create", "User-Agent": marker], as: contract.agent)
        let ticket = try #require(created["id"]?.intValue)
        _ = try await system.call(
            "POST", "/api/tickets/",
            [
                "requester_email": "a@b.example", "subject": .string(marker), "body": .string(marker),
            ], headers: ["X-Request-ID": "log-ingest", "X-API-Key": ContractSystem.apiKey])
        let run = try await system.call(
            "POST", "/api/tickets/\(ticket)/trigger-triage/?wait=30",
            headers: ["Idempotency-Key": "\(marker)-\(UUID().uuidString)"], as: contract.agent)
        #expect(run["status"] == "succeeded")
        let organization = "/api/organizations/\(contract.own)"
        // Everything that can go wrong with text in it.
        for (method, path, body, headers) in [
            ("POST", "/api/auth/token/", ["username": .string(marker), "password": .string(marker)], [:]),
            ("POST", "/api/auth/token/refresh/", ["refresh": .string(marker)], [:]),
            ("GET", "/\(marker)/?\(marker)=\(marker)", nil, [:]),
            ("GET", "\(organization)/tickets/?status=\(marker)&q=\(marker)&assigned_team=\(marker)", nil, [:]),
            ("PATCH", "/api/tickets/\(ticket)/", ["assigned_team": .string(marker), "body": .string(marker)], [:]),
            ("POST", "\(organization)/documents/", ["title": .string(marker), "text": .string(marker)], [:]),
            ("POST", "\(organization)/kb/retrieve/", ["query": .string(marker)], [:]),
            ("GET", "/api/tickets/\(marker)/", nil, ["X-Request-ID": "<\(marker)>", "Cookie": marker]),
            ("GET", "/api/me/", nil, ["Authorization": "Bearer \(marker)", "X-API-Key": marker]),
            (marker.uppercased(), "/api/me/", nil, [:]),
        ] as [(String, String, JSONValue?, [String: String])] {
            _ = try await system.call(method, path, body, headers: headers, as: headers.isEmpty ? contract.admin : nil)
        }
        try await until("the job's line is written") {
            logged(by: system).contains { $0["message"] == "job completed" && $0["kind"] == "triage" }
        }
        await system.end()

        let output = system.output
        let lines = logged(by: system)
        let create = try #require(lines.first { $0["request_id"] == "log-create" && $0["message"] == "request" })
        #expect(create["user"] == .int(me))
        #expect(create["organization"] == .int(contract.own))
        #expect(create["route"] == "/api/tickets")
        let ingest = try #require(lines.first { $0["request_id"] == "log-ingest" && $0["message"] == "request" })
        #expect(ingest["user"] == nil)
        #expect(ingest["organization"] == .int(contract.own))
        let job = try #require(lines.first { $0["message"] == "job completed" && $0["kind"] == "triage" })
        #expect(job["organization"] != nil && job["job"]?.intValue != nil && job["attempt"] == 1)
        #expect(lines.count { $0["message"] == "request" } > 12)
        let told = output.split(separator: "\n").filter { $0.lowercased().contains(marker) }
        #expect(told == [], "customer text in the log")
    }
}
