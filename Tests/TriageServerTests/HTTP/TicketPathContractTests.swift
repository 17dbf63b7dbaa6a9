import Foundation
import Testing
import Triage

/// What lies under one of a ticket's two paths lies under the other, and does the same.
@Suite("Contract: both paths of a ticket")
struct TicketPathContractTests {
    @Test(arguments: [false, true])
    func everyRoute(_ isInOrganization: Bool) async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        let system = own.system
        let id = try await own.ticket()
        let path = isInOrganization ? "\(own.path)/tickets/\(id)" : "/api/tickets/\(id)"
        func call(
            _ method: String, _ suffix: String, _ body: JSONValue? = nil, headers: [String: String] = [:]
        ) async throws -> ContractSystem.Answer {
            try await system.call(method, path + suffix, body, headers: headers, as: own.admin)
        }
        let read = try await call("GET", "")
        let tag = try #require(read.headers["etag"])
        #expect(try await call("HEAD", "/").status == 200)
        #expect(try await call("GET", "/", headers: ["If-None-Match": tag]).status == 304)
        let changed = try await call("PATCH", "/", ["priority": "high"], headers: ["If-Match": tag])
        #expect(changed.status == 200)
        #expect(changed.headers["etag"] != tag)
        let stale = try await call(
            "PATCH", "", ["priority": "low"],
            headers: ["If-Match": tag, "Accept": "application/problem+json"])
        #expect(stale.status == 412)
        #expect(stale.headers["content-type"] == "application/problem+json")
        #expect(stale["status"] == 412)

        let similar = try await call("GET", "/similar/?k=3")
        #expect(similar["results"]?.arrayValue != nil)
        #expect(try await call("GET", "/similar/?k=0").status == 400)

        let run = try await call("POST", "/trigger-triage?wait=30", headers: ["Idempotency-Key": "k"])
        #expect(run.status == 202)
        #expect(run["status"] == "succeeded")
        let suggestion = try #require(run["suggestion"]?["id"]?.intValue)
        let runID = try #require(run["job_run_id"]?.intValue)
        let again = try await system.call("GET", "/api/job-runs/\(runID)/?wait=1", as: own.admin)
        #expect(again["suggestion"]?["id"] == .int(suggestion))

        let newer = try await own.suggestion(on: id, team: "Billing")
        let listed = try await call("GET", "/suggestions/")
        #expect(
            listed["results"]?.arrayValue?.map { $0["id"] } == [.int(newer), .int(suggestion)])
        #expect(try await call("GET", "/suggestions/\(newer)/")["id"] == .int(newer))
        let edited = try await call("PATCH", "/suggestions/\(newer)", ["draft_reply": "Edited"])
        #expect(edited["draft_reply"] == "Edited")
        #expect(try await call("POST", "/suggestions/\(newer)/approve/")["status"] == "accepted")
        #expect(try await call("POST", "/suggestions/\(suggestion)/reject")["status"] == "rejected")

        let events = try await call("GET", "/events/?event_type=SUGGESTION_REJECTED&created_from=2020-01-01")
        #expect(events["count"] == 1)
        #expect(try await call("GET", "/events?created_from=soon").status == 400)
        let oldest = try await call("GET", "/events/?ordering=id&limit=1")
        #expect(oldest["results"]?.arrayValue?.first?["event_type"] == "PRIORITY_CHANGED")
        #expect(try await call("DELETE", "/").status == 204)
        #expect(try await call("GET", "/events/").status == 404)
    }
}
