import Foundation
import Postgres
import Testing
import Triage

/// Real triage of the demo's tickets under a policy, by real calibrated confidence.
@Suite("Auto-apply")
struct AutoApplyTests {
    private struct Demo {
        let installation: SeededInstallation
        let system: InstalledSystem
        let admin: String
        let teams: [String]
        private(set) var tickets: [Int64]

        static func start() async throws -> Demo {
            let installation = try await SeededInstallation.make()
            let system = try await installation.start()
            let tickets = try await installation.pool.query(
                """
                SELECT id FROM tickets t WHERE status = 'open' AND assigned_team IS NULL
                AND NOT EXISTS (SELECT FROM job_runs r WHERE r.ticket_id = t.id) ORDER BY id
                """)
            let teams = try await installation.pool.query("SELECT name FROM teams ORDER BY name")
            return Demo(
                installation: installation, system: system, admin: try await system.signIn("admin"),
                teams: try teams.map { try $0.decode("name") }, tickets: try tickets.map { try $0.decode("id") })
        }

        mutating func nextTicket() throws -> Int64 {
            try #require(!tickets.isEmpty)
            return tickets.removeFirst()
        }

        func allow(_ isEnabled: Bool, from confidenceMin: Double) async throws {
            let entries = teams.map { ["team": .string($0), "confidence_min": .double(confidenceMin)] as JSONValue }
            let answer = try await system.call(
                "PUT", "/api/organizations/1/policy/",
                ["auto_apply_enabled": .bool(isEnabled), "auto_apply": .array(entries)], as: admin)
            #expect(answer.status == 200, "\(answer.text)")
        }

        /// The suggestion of a new run.
        func triage(_ ticket: Int64) async throws -> JSONValue {
            let run = try await system.call(
                "POST", "/api/tickets/\(ticket)/trigger-triage/?wait=30",
                headers: ["Idempotency-Key": UUID().uuidString], as: admin)
            let suggestion = try #require(run["suggestion"])
            #expect(suggestion["confidence"]?.doubleValue != nil)
            return suggestion
        }

        func ticket(_ id: Int64) async throws -> InstalledSystem.Answer {
            try await system.call("GET", "/api/tickets/\(id)/", as: admin)
        }

        func events(_ id: Int64) async throws -> [JSONValue] {
            let answer = try await system.call("GET", "/api/tickets/\(id)/events/?ordering=id", as: admin)
            return answer["results"]?.arrayValue ?? []
        }
    }

    @Test func whatThePolicyAllowsIsApplied() async throws {
        var demo = try await Demo.start()
        let ticket = try demo.nextTicket()
        let labels = try await demo.installation.count("SELECT count(*) FROM decided_tickets")
        try await demo.allow(true, from: 0)
        let suggestion = try await demo.triage(ticket)
        #expect(suggestion["status"] == "accepted")
        let after = try await demo.ticket(ticket)
        #expect(after["assigned_team"] == suggestion["suggested_team"])
        #expect(after["priority"] == suggestion["suggested_priority"])
        let events = try await demo.events(ticket)
        let kinds = events.compactMap { $0["event_type"]?.stringValue }
        let created = try #require(kinds.firstIndex(of: "SUGGESTION_CREATED"))
        #expect(kinds[created...].dropFirst().first == "AUTO_APPLIED")
        #expect(kinds.last == "ASSIGNED_TEAM_CHANGED")
        #expect(events[created...].allSatisfy { $0["actor_type"] == "ai" && $0["actor_user"] == .null })
        // Nobody has reviewed it, so routing learns nothing from it, and no precision counts it.
        #expect(try await demo.installation.count("SELECT count(*) FROM decided_tickets") == labels)
        let policy = try await demo.system.call("GET", "/api/organizations/1/policy/", as: demo.admin)
        let decided = policy["auto_apply"]?.arrayValue?.compactMap { $0["measured"]?["decided"]?.intValue }
        #expect(decided?.allSatisfy { $0 == 0 } == true)
        // It is decided: the same approval is fine, a rejection comes too late.
        let id = try #require(suggestion["id"]?.intValue)
        let path = "/api/tickets/\(ticket)/suggestions/\(id)/"
        #expect(try await demo.system.call("POST", path + "approve/", as: demo.admin).status == 200)
        #expect(try await demo.system.call("POST", path + "reject/", as: demo.admin).status == 409)
        // What is applied already is not overruled by the next run, but may be applied again.
        #expect(try await demo.triage(ticket)["status"] == "accepted")
        await demo.system.end()
    }

    @Test func whatItDoesNotAllowWaitsForAPerson() async throws {
        var demo = try await Demo.start()
        let ticket = try demo.nextTicket()
        #expect(try await demo.triage(ticket)["status"] == "pending")
        try await demo.allow(false, from: 0)
        #expect(try await demo.triage(ticket)["status"] == "pending")
        // No calibrated confidence is certainty.
        try await demo.allow(true, from: 1)
        let third = try await demo.triage(ticket)
        #expect(third["status"] == "pending")
        #expect(try await demo.ticket(ticket)["assigned_team"] == .null)
        // A person's choice of another team stands.
        let other = try #require(demo.teams.first { .string($0) != third["suggested_team"] })
        let assigned = try await demo.system.call(
            "PATCH", "/api/tickets/\(ticket)/", ["assigned_team": .string(other)], as: demo.admin)
        #expect(assigned.status == 200)
        try await demo.allow(true, from: 0)
        #expect(try await demo.triage(ticket)["status"] == "pending")
        #expect(try await demo.ticket(ticket)["assigned_team"] == .string(other))
        // So does a resolved ticket, and one that carries a label.
        let resolved = try demo.nextTicket()
        let team = try #require(demo.teams.first)
        for change in [
            ["assigned_team": .string(team), "status": "resolved"], ["status": "open", "assigned_team": nil],
        ]
            as [JSONValue]
        {
            _ = try await demo.system.call("PATCH", "/api/tickets/\(resolved)/", change, as: demo.admin)
            #expect(try await demo.triage(resolved)["status"] == "pending")
        }
        // Its exact confidence is enough; a little more is not.
        let last = try demo.nextTicket()
        try await demo.allow(false, from: 0)
        let waiting = try await demo.triage(last)
        let confidence = try #require(waiting["confidence"]?.doubleValue)
        try await demo.allow(true, from: min(confidence + 0.001, 1))
        #expect(try await demo.triage(last)["status"] == "pending")
        try await demo.allow(true, from: max(confidence - 0.001, 0))
        #expect(try await demo.triage(last)["status"] == "accepted")
        #expect(try await demo.events(last).count { $0["event_type"] == "AUTO_APPLIED" } == 1)
        // What the policy has applied is no person's change, so the suggestion that waited can still be approved.
        let id = try #require(waiting["id"]?.intValue)
        let instead = try #require(demo.teams.first { .string($0) != waiting["suggested_team"] })
        let approved = try await demo.system.call(
            "POST", "/api/tickets/\(last)/suggestions/\(id)/approve/", ["suggested_team": .string(instead)],
            as: demo.admin)
        #expect(approved.status == 200, "\(approved.text)")
        let changed = try await demo.ticket(last)
        #expect(changed["assigned_team"] == .string(instead))
        await demo.system.end()
    }
}
