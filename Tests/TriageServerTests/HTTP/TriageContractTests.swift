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

    /// Two keys of bytes that are no UTF-8 would both be read as one.
    @Test func aKeyIsText() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let requests = [
            ("/api/tickets/\(ticket)/trigger-triage/", "{}"),
            ("/api/organizations/\(system.own)/triage/", "{\"ticket_ids\":[\(ticket)]}"),
        ]
        let keys: [[UInt8]] = [[0xE9], [0xE8], [0xC3], [0xEF, 0xBF, 0xBD]]
        let refusal = #"{"Idempotency-Key":"Bytes that are no UTF-8, and U+FFFD, are not allowed."}"#
        for (path, body) in requests {
            let head =
                "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer \(system.agent)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nIdempotency-Key: caf"
            for key in keys {
                let bytes = Array(head.utf8) + key + Array("\r\n\r\n\(body)".utf8)
                let answer = try await RawConnection.exchange(bytes, port: system.server.port) ?? ""
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(path) \(key)")
                #expect(answer.contains(refusal), "\(path) \(key): \(answer)")
            }
        }
        let runs = try await system.count("SELECT count(*) FROM job_runs WHERE ticket_id = \(ticket)")
        #expect(runs == 0)
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
        for number in 0..<16 { tickets.append(try await system.makeTicket(subject: "Together \(number)")) }
        let (gone, accents, held, asked) = (tickets[0], tickets[1], Array(tickets[2..<7]), Array(tickets[7...]))
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
                SELECT \(system.own), id, 'held', '\\x00' FROM unnest(\(held)) AS held (id)
                """)
            return try await withThrowingTaskGroup(of: (String, Int).self) { group in
                for ticket in held { group.addTask { try await trigger(ticket, "held") } }
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
        for ticket in held { #expect(statuses["\(ticket) held"] == [409]) }
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

    /// 409 is for a key whose first request is under way, and for nothing else that is held.
    @Test func aTriggerOnATicketThatIsHeld() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        let (changed, held) = (try await system.makeTicket(), try await system.makeTicket())
        @Sendable func trigger(_ ticket: Int64) async throws -> ContractSystem.Answer {
            try await system.call(
                "POST", "/api/tickets/\(ticket)/trigger-triage/", [:], headers: ["Idempotency-Key": "fresh"],
                as: system.agent)
        }
        try await system.pool.withTransaction { connection in
            // As whoever changes it locks it.
            _ = try await connection.query("SELECT id FROM tickets WHERE id = \(changed) FOR NO KEY UPDATE")
            _ = try await connection.query("SELECT id FROM tickets WHERE id = \(held) FOR UPDATE")
            #expect(try await trigger(changed).status == 202)
            let answer = try await trigger(held)
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] != nil)
        }
        #expect(try await trigger(held).status == 202)
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

    /// Only a person's change holds an approval up, and only one since the suggestion was asked for.
    @Test(arguments: ["nobody", "before", "since"])
    func whatThePolicyAppliedIsNoPersonsChange(_ person: String) async throws {
        let own = try await OwnOrganization.make(teams: ["Billing", "Support", "Sales"])
        let ticket = try await own.ticket()
        func change() async throws {
            let changed = try await own.call(
                "PATCH", "/tickets/\(ticket)/",
                ["priority": "low", "assigned_team": "Support", "status": "in_progress"])
            #expect(changed.status == 200)
        }
        if person == "before" { try await change() }
        let suggestion = try await own.suggestion(on: ticket, team: "Billing")
        if person == "since" { try await change() }
        // As the policy would apply another suggestion.
        try await own.system.pool.execute(
            "UPDATE tickets SET priority = 'urgent', assigned_team = 'Sales' WHERE id = \(ticket)")
        try await own.system.pool.execute(
            """
            INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type)
            VALUES (\(own.id), \(ticket), 'PRIORITY_CHANGED', 'ai'),
                   (\(own.id), \(ticket), 'ASSIGNED_TEAM_CHANGED', 'ai')
            """)
        let approved = try await own.call("POST", "/tickets/\(ticket)/suggestions/\(suggestion)/approve/")
        let after = try await own.call("GET", "/tickets/\(ticket)/")
        if person == "since" {
            #expect(approved.status == 409)
            #expect(approved["fields"] == ["status", "priority", "assigned_team"])
            #expect(after["priority"] == "urgent")
            #expect(after["assigned_team"] == "Sales")
        } else {
            #expect(approved.status == 200, "\(approved.text)")
            #expect(after["priority"] == "high")
            #expect(after["assigned_team"] == "Billing")
        }
    }

    /// A change that was being committed while the suggestion's maker read the ticket: its event is older than the run.
    @Test func aPersonsChangeIsNotMissedForItsTime() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        let ticket = try await own.ticket()
        let suggestion = try await own.suggestion(on: ticket, team: "Billing")
        try await own.system.pool.execute("UPDATE tickets SET priority = 'low' WHERE id = \(ticket)")
        try await own.system.pool.execute(
            """
            INSERT INTO ticket_events (organization_id, ticket_id, event_type, actor_type, actor_user_id, created_at)
            SELECT \(own.id), \(ticket), 'PRIORITY_CHANGED', 'user', id, now() - interval '1 hour'
            FROM users WHERE username = 'outsider'
            """)
        let held = try await own.call("POST", "/tickets/\(ticket)/suggestions/\(suggestion)/approve/")
        #expect(held.status == 409)
        #expect(held["fields"] == ["priority"])
    }

    /// Texts that look alike and differ in their bytes are two.
    @Test func anotherSpellingIsAnotherDecision() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        let ticket = try await own.ticket("caf\u{e9}")
        let suggestion = try await own.suggestion(on: ticket, team: "Billing")
        let path = "/tickets/\(ticket)/suggestions/\(suggestion)/"
        for draft in ["caf\u{e9}", "cafe\u{301}"] as [JSONValue] {
            let edited = try await own.call("PATCH", path, ["draft_reply": draft])
            #expect(edited["draft_reply"] == draft)
            let read = try await own.call("GET", path)
            #expect(read["draft_reply"] == draft)
        }
        // A person's change of the ticket, even if it can hardly be seen.
        _ = try await own.call("PATCH", "/tickets/\(ticket)/", ["subject": "cafe\u{301}"])
        let held = try await own.call("POST", path + "approve/")
        #expect(held.status == 409)
        #expect(held["fields"] == ["subject"])
        let approved = try await own.call("POST", path + "approve/", ["draft_reply": "caf\u{e9}", "force": true])
        #expect(approved.status == 200)
        #expect(approved["draft_reply"] == "caf\u{e9}")
        let edits = try await own.system.eventKinds(of: ticket).filter { $0 == "SUGGESTION_EDITED" }
        #expect(edits.count == 3)
        let other = try await own.call("POST", path + "approve/", ["draft_reply": "cafe\u{301}"])
        #expect(other.status == 409)

        let second = try await own.suggestion(on: ticket, team: "Billing")
        for (reason, status) in [("caf\u{e9}", 200), ("caf\u{e9}", 200), ("cafe\u{301}", 409)] {
            let rejected = try await own.call(
                "POST", "/tickets/\(ticket)/suggestions/\(second)/reject/", ["reason": .string(reason)])
            #expect(rejected.status == status)
        }
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
