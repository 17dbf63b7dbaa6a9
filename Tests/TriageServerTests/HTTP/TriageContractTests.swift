import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: triage and suggestions")
struct TriageContractTests {
    @Test func idempotencyKeys() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let path = "/api/tickets/\(ticket)/trigger-triage/"
        for headers in [[:], ["Idempotency-Key": "  "], ["Idempotency-Key": "\"\""]] {
            let missing = try await system.call("POST", path, headers: headers, as: system.agent)
            #expect(missing.status == 400)
            #expect(missing.json == ["Idempotency-Key": "This header is required."])
        }
        let long = try await system.call(
            "POST", path, headers: ["Idempotency-Key": String(repeating: "k", count: 81)], as: system.agent)
        #expect(long.status == 400)
        #expect(try await system.call("POST", path, headers: ["Idempotency-Key": "a"], as: system.viewer).status == 403)
        #expect(try await system.count("SELECT count(*) FROM job_runs WHERE ticket_id = \(ticket)") == 0)

        let key = String(repeating: "k", count: 80)
        let created = try await system.call("POST", path, headers: ["Idempotency-Key": key], as: system.agent)
        #expect(created.status == 202)
        #expect(
            Set(created.json.objectValue?.keys ?? [:].keys) == [
                "job_run_id", "status", "created", "attempt_count", "started_at", "finished_at", "error", "suggestion",
            ])
        #expect(created["created"] == true)
        let replay = try await system.call(
            "POST", "/api/organizations/\(system.own)/tickets/\(ticket)/trigger-triage",
            headers: ["Idempotency-Key": "\"\(key)\""], as: system.admin)
        #expect(replay.status == 200)
        #expect(replay["job_run_id"] == created["job_run_id"])
        #expect(replay["created"] == false)
        let other = try await system.call(
            "POST", path, ["note": "another"], headers: ["Idempotency-Key": key], as: system.agent)
        #expect(other.status == 422)
        #expect(try await system.count("SELECT count(*) FROM job_runs WHERE ticket_id = \(ticket)") == 1)
        let run = try #require(created["job_run_id"]?.intValue)
        let read = try await system.call("GET", "/api/job-runs/\(run)/", as: system.viewer)
        #expect(read.status == 200)
        #expect(read["job_run_id"] == .int(run))
        let foreign = try await system.call("GET", "/api/job-runs/\(run)/", as: system.outsider)
        let missing = try await system.call("GET", "/api/job-runs/999999999/", as: system.outsider)
        #expect(foreign.status == 404)
        #expect(foreign.text == missing.text)
        #expect(
            try await system.call("POST", path + "?wait=soon", headers: ["Idempotency-Key": "w"], as: system.agent)
                .status == 400)
    }

    @Test func concurrentTriggersWithOneKeyMakeOneRun() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await system.call(
                        "POST", "/api/tickets/\(ticket)/trigger-triage/", headers: ["Idempotency-Key": "one"],
                        as: system.agent
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 202 }.count == 1)
        #expect(statuses.filter { $0 == 200 }.count == 7)
        #expect(try await system.count("SELECT count(*) FROM job_runs WHERE ticket_id = \(ticket)") == 1)
    }

    /// They are written in one go, and yet each has its own answer: what is wrong with one is nothing to the others.
    @Test func triggersAtTheSameTimeAreAnsweredEachForItself() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        var tickets: [Int64] = []
        for number in 0..<12 { tickets.append(try await system.makeTicket(subject: "Together \(number)")) }
        let (held, gone, accents, asked) = (tickets[0], tickets[1], tickets[2], Array(tickets[3...]))
        try await system.pool.execute("UPDATE tickets SET deleted_at = now() WHERE id = \(gone)")
        @Sendable func trigger(_ ticket: Int64, _ key: String, _ body: JSONValue = [:]) async throws -> (String, Int) {
            let answer = try await system.call(
                "POST", "/api/tickets/\(ticket)/trigger-triage/", body, headers: ["Idempotency-Key": key],
                as: system.agent)
            return ("\(ticket) \(key)", answer.status)
        }
        let statuses = try await system.pool.withTransaction { connection in
            try await connection.execute(
                """
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash)
                VALUES (\(system.own), \(held), 'held', '\\x00')
                """)
            return try await withThrowingTaskGroup(of: (String, Int).self) { group in
                group.addTask { try await trigger(held, "held") }
                group.addTask { try await trigger(gone, "k") }
                group.addTask { try await trigger(999_999_999, "k") }
                group.addTask { try await trigger(accents, "caf\u{e9}") }
                group.addTask { try await trigger(accents, "cafe\u{301}") }
                for ticket in asked {
                    group.addTask { try await trigger(ticket, "same") }
                    group.addTask { try await trigger(ticket, "same") }
                    group.addTask { try await trigger(ticket, "other") }
                }
                return try await group.reduce(into: [String: [Int]]()) { $0[$1.0, default: []].append($1.1) }
            }
        }
        #expect(statuses["\(held) held"] == [409])
        #expect(statuses["\(gone) k"] == [404])
        #expect(statuses["999999999 k"] == [404])
        for ticket in asked {
            #expect(statuses["\(ticket) same"]?.sorted() == [200, 202])
            #expect(statuses["\(ticket) other"] == [202])
            // Others follow, for the worker is at it.
            let enqueued = try await system.eventKinds(of: ticket).filter { $0 == "TRIAGE_ENQUEUED" }
            #expect(enqueued.count == 2)
            #expect(try await system.count("SELECT count(*) FROM job_runs WHERE ticket_id = \(ticket)") == 2)
            let jobs: SQL = "SELECT count(*) FROM jobs WHERE payload ->> 'ticket_id' = \("\(ticket)")"
            #expect(try await system.count(jobs) == 2)
        }
        // Two spellings of one text are two keys, as they are to Postgres.
        #expect(statuses["\(accents) caf\u{e9}"] == [202, 202])
        #expect(try await system.count("SELECT count(*) FROM job_runs WHERE ticket_id = \(accents)") == 2)
        let ticket = asked[0]
        #expect(try await trigger(ticket, "same", ["note": "another"]).1 == 422)
    }

    @Test func approveOnceAndOnlyOnce() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let suggestion = try await system.makeSuggestion(on: ticket)
        let path = "/api/organizations/\(system.own)/tickets/\(ticket)/suggestions/\(suggestion)/"
        let read = try await system.call("GET", path, as: system.viewer)
        #expect(
            Set(read.json.objectValue?.keys ?? [:].keys) == [
                "id", "organization", "ticket", "job_run", "status", "suggested_priority", "suggested_team",
                "draft_reply",
                "classification", "citations", "confidence", "metadata", "created_at", "updated_at",
            ])
        #expect(read["status"] == "pending")
        #expect(try await system.call("POST", path + "approve/", as: system.viewer).status == 403)
        let wrong = try await system.call(
            "POST", path + "approve/", ["suggested_team": "Nobody", "fields": ["suggested_team"]], as: system.agent)
        #expect(wrong.json == ["suggested_team": ["\"Nobody\" is not a valid choice."]])
        #expect(try await system.call("POST", path + "approve/", ["fields": ["body"]], as: system.agent).status == 400)
        #expect(try await system.call("GET", path, as: system.viewer)["status"] == "pending")

        let approved = try await system.call(
            "POST", path + "approve/", ["suggested_priority": "urgent", "draft_reply": "Edited"], as: system.agent)
        #expect(approved.status == 200)
        #expect(approved["status"] == "accepted")
        #expect(approved["suggested_priority"] == "urgent")
        #expect(approved["draft_reply"] == "Edited")
        let after = try await system.call("GET", "/api/tickets/\(ticket)/", as: system.viewer)
        #expect(after["priority"] == "urgent")
        #expect(after["assigned_team"] == "Billing")
        let events = try await system.eventKinds(of: ticket)
        #expect(events.contains("SUGGESTION_EDITED"))
        #expect(try await system.call("POST", path + "approve", as: system.admin).status == 200)
        let reject = try await system.call("POST", path + "reject/", as: system.admin)
        #expect(reject.status == 409)
        #expect(reject.json == ["detail": "This suggestion has already been accepted."])
        #expect(try await system.eventKinds(of: ticket) == events)
        #expect(try await system.call("PATCH", path, ["draft_reply": "late"], as: system.agent).status == 409)
    }

    /// Sent again, a decision changes nothing; another one is refused rather than dropped without a word.
    @Test func theSameDecisionAgainIsFineAndAnotherIsNot() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let suggestion = try await system.makeSuggestion(on: ticket)
        let path = "/api/tickets/\(ticket)/suggestions/\(suggestion)/"
        let edits: JSONValue = [
            "suggested_team": "Support", "draft_reply": "Edited", "fields": ["suggested_team"],
        ]
        #expect(try await system.call("POST", path + "approve/", edits, as: system.agent).status == 200)
        let events = try await system.eventKinds(of: ticket)
        #expect(try await system.call("POST", path + "approve/", edits, as: system.agent).status == 200)
        #expect(try await system.call("POST", path + "approve/", as: system.agent).status == 200)
        let others: [JSONValue] = [
            ["suggested_team": "Billing"], ["suggested_team": nil], ["suggested_priority": "low"],
            ["draft_reply": "Another"], ["fields": ["suggested_priority"]],
        ]
        for other in others {
            let refused = try await system.call("POST", path + "approve/", other, as: system.agent)
            #expect(refused.status == 409, "\(other)")
            #expect(refused.json == ["detail": "This suggestion has already been accepted with other values."])
        }
        let kept = try await system.call("GET", path, as: system.viewer)
        #expect(kept["suggested_team"] == "Support")
        #expect(kept["draft_reply"] == "Edited")
        #expect(try await system.eventKinds(of: ticket) == events)

        let rejectable = try await system.makeSuggestion(on: ticket)
        let reject = "/api/tickets/\(ticket)/suggestions/\(rejectable)/reject/"
        let note: JSONValue = ["reason": "no", "correct_team": "Billing"]
        #expect(try await system.call("POST", reject, note, as: system.agent).status == 200)
        #expect(try await system.call("POST", reject, note, as: system.agent).status == 200)
        #expect(try await system.call("POST", reject, as: system.agent).status == 200)
        let refused = try await system.call("POST", reject, ["correct_team": "Support"], as: system.agent)
        #expect(refused.status == 409)
        #expect(
            try await system.call("GET", "/api/tickets/\(ticket)/", as: system.viewer)["assigned_team"] == "Billing")
    }

    @Test func rejectWithWhatWouldHaveBeenRight() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let suggestion = try await system.makeSuggestion(on: ticket)
        let path = "/api/tickets/\(ticket)/suggestions/\(suggestion)/"
        let wrong = try await system.call("POST", path + "reject/", ["correct_team": "Nobody"], as: system.agent)
        #expect(wrong.json == ["correct_team": ["\"Nobody\" is not a valid choice."]])
        let rejected = try await system.call(
            "POST", path + "reject/", ["reason": "no", "correct_team": "Support", "correct_priority": "low"],
            as: system.agent)
        #expect(rejected.status == 200)
        #expect(rejected["status"] == "rejected")
        #expect(
            try await system.call("GET", "/api/tickets/\(ticket)/", as: system.viewer)["assigned_team"] == "Support")
        #expect(try await system.call("POST", path + "reject/", as: system.agent).status == 200)
        #expect(try await system.call("POST", path + "approve/", as: system.agent).status == 409)
    }

    @Test func approvalDoesNotOverwriteAPersonsChangeUnlessForced() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let suggestion = try await system.makeSuggestion(on: ticket)
        let path = "/api/tickets/\(ticket)/suggestions/\(suggestion)/approve/"
        _ = try await system.call("PATCH", "/api/tickets/\(ticket)/", ["priority": "low"], as: system.agent)
        let refused = try await system.call("POST", path, as: system.agent)
        #expect(refused.status == 409)
        #expect(refused["fields"] == ["priority"])
        #expect(try await system.call("GET", "/api/tickets/\(ticket)/", as: system.viewer)["priority"] == "low")
        #expect(try await system.call("POST", path, ["force": true], as: system.agent).status == 200)
        #expect(try await system.call("GET", "/api/tickets/\(ticket)/", as: system.viewer)["priority"] == "high")
    }

    @Test func editingNeedsTheRole() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let suggestion = try await system.makeSuggestion(on: ticket)
        let path = "/api/tickets/\(ticket)/suggestions/\(suggestion)/"
        #expect(try await system.call("PATCH", path, ["draft_reply": "A"], as: system.viewer).status == 403)
        #expect(try await system.call("PATCH", path, ["draft_reply": "A"], as: system.agent)["draft_reply"] == "A")
        #expect(try await system.call("PATCH", path, ["suggested_team": "Support"], as: system.agent).status == 403)
        let edited = try await system.call("PATCH", path, ["suggested_team": "Support"], as: system.admin)
        #expect(edited["suggested_team"] == "Support")
        // A suggestion under another ticket of the same organisation does not exist.
        let elsewhere = try await system.makeTicket()
        let missing = try await system.call(
            "GET", "/api/tickets/\(elsewhere)/suggestions/\(suggestion)/", as: system.viewer)
        #expect(missing.status == 404)
    }
}
