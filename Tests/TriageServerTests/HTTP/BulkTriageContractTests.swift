import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: bulk triage")
struct BulkTriageContractTests {
    private func key() -> [String: String] { ["Idempotency-Key": UUID().uuidString] }

    private func runs(_ own: OwnOrganization) async throws -> Int64 {
        try await own.system.count("SELECT count(*) FROM job_runs WHERE organization_id = \(own.id)")
    }

    @Test func byIDs() async throws {
        let own = try await OwnOrganization.make()
        var ids: [JSONValue] = []
        for _ in 0..<3 { ids.append(.int(try await own.ticket())) }
        let waiting = try await own.ticket()
        _ = try await own.suggestion(on: waiting, team: nil)
        let deleted = try await own.ticket()
        _ = try await own.call("DELETE", "/tickets/\(deleted)/")
        let others: [JSONValue] = [
            .int(waiting), .int(deleted), .int(own.system.foreignTicket), 999_999_999, ids[0],
        ]
        let header = key()
        let body: JSONValue = ["ticket_ids": .array(ids + others)]
        let answer = try await own.call("POST", "/triage/", body, headers: header)
        #expect(answer.status == 202)
        // The repeated id counts once.
        #expect(answer.json == ["enqueued": 3, "skipped": 4])
        let events = try await own.system.eventKinds(of: try #require(ids[0].intValue))
        #expect(events.first == "TRIAGE_ENQUEUED")
        let replay = try await own.call("POST", "/triage", body, headers: header)
        #expect(replay.status == 200)
        #expect(replay.json == answer.json)
        let other = try await own.call("POST", "/triage/", ["ticket_ids": [ids[0]]], headers: header)
        #expect(other.status == 422)
        #expect(try await own.call("POST", "/triage/", body, headers: key()).json == ["enqueued": 0, "skipped": 7])
        // The jobs are real: each ends with a suggestion.
        try await until("all are triaged") {
            try await own.system.count(
                """
                SELECT count(*) FROM suggestions
                WHERE organization_id = \(own.id) AND ticket_id <> \(waiting)
                """) == 3
        }
        #expect(
            try await own.system.count(
                """
                SELECT count(*) FROM ticket_events e JOIN users u ON u.id = e.actor_user_id
                WHERE e.organization_id = \(own.id) AND e.event_type = 'TRIAGE_ENQUEUED' AND u.username = 'outsider'
                """) == 3)
    }

    @Test func byFilter() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        _ = try await own.ticket("red apple")
        _ = try await own.ticket("green apple", status: "resolved")
        _ = try await own.ticket("green pear", team: "Billing")
        let waiting = try await own.ticket("red pear")
        _ = try await own.suggestion(on: waiting, team: nil)
        func ask(_ filter: JSONValue) async throws -> JSONValue {
            let answer = try await own.call("POST", "/triage/", ["filter": filter], headers: key())
            #expect(answer.status == 202, "\(answer.text)")
            return answer.json
        }
        #expect(try await ask(["q": "plum"]) == ["enqueued": 0, "skipped": 0])
        #expect(try await ask(["created_to": "2020-01-01"]) == ["enqueued": 0, "skipped": 0])
        #expect(try await ask(["q": "pear", "assigned_team": "Billing"]) == ["enqueued": 1, "skipped": 0])
        #expect(try await ask(["q": "apple", "status": "open"]) == ["enqueued": 1, "skipped": 0])
        #expect(try await ask(["has_pending_suggestion": true, "q": "red pear"]) == ["enqueued": 0, "skipped": 1])
        #expect(try await ask([:]) == ["enqueued": 1, "skipped": 3])
    }

    /// Of more than a thousand, the newest; a second request gets to the rest.
    @Test func atMostAThousand() async throws {
        let own = try await OwnOrganization.make()
        // As if they waited for their decision, so that no worker is kept busy by this test.
        try await own.system.pool.execute(
            """
            WITH made AS (
                INSERT INTO tickets (organization_id, requester_email, subject, body)
                SELECT \(own.id), 'a@b.example', 's', 'b' FROM generate_series(1, 1001) RETURNING id
            )
            INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash)
            SELECT \(own.id), id, 'never', '\\x00'::bytea FROM made
            """)
        let oldest = try await own.system.count(
            "SELECT min(id) AS count FROM tickets WHERE organization_id = \(own.id)")
        try await own.system.pool.execute("UPDATE job_runs SET status = 'failed' WHERE ticket_id = \(oldest)")
        let answer = try await own.call("POST", "/triage/", ["filter": [:]], headers: key())
        #expect(answer.json == ["enqueued": 0, "skipped": 1000])
        let ids: [JSONValue] = (1...1001).map { .int($0) }
        let many = try await own.call("POST", "/triage/", ["ticket_ids": .array(ids)], headers: key())
        #expect(many.status == 400)
        #expect(many.json == ["ticket_ids": ["Ensure this field has no more than 1000 elements."]])
    }

    @Test func oneKeyAtOnce() async throws {
        let own = try await OwnOrganization.make()
        for _ in 0..<50 { _ = try await own.ticket() }
        let header = key()
        let answers = try await atOnce(6) { _ in
            try await own.call("POST", "/triage/", ["filter": [:]], headers: header)
        }
        #expect(answers.count { $0.status == 202 } == 1)
        #expect(answers.count { $0.status == 200 } == 5)
        #expect(answers.allSatisfy { $0.json == ["enqueued": 50, "skipped": 0] })
        #expect(try await runs(own) == 50)
    }

    @Test func differentKeysAtOnceTakeATicketOnce() async throws {
        let own = try await OwnOrganization.make()
        for _ in 0..<50 { _ = try await own.ticket() }
        let answers = try await atOnce(4) { _ in
            try await own.call("POST", "/triage/", ["filter": [:]], headers: ["Idempotency-Key": UUID().uuidString])
        }
        #expect(answers.allSatisfy { $0.status == 202 })
        #expect(answers.compactMap { $0["enqueued"]?.intValue }.reduce(0, +) == 50)
        #expect(try await runs(own) == 50)
    }

    /// The first request's transaction is this test's own, and still open.
    @Test func aFirstRequestInFlight() async throws {
        let own = try await OwnOrganization.make()
        let header = key()
        let key = header["Idempotency-Key"] ?? ""
        let ticket = try await own.ticket()
        let body: JSONValue = ["ticket_ids": [.int(ticket)]]
        try await own.system.pool.withTransaction { connection in
            try await connection.execute(
                """
                INSERT INTO bulk_triages (organization_id, idempotency_key, request_hash, created_by)
                SELECT \(own.id), \(key), '\\x00'::bytea, id FROM users WHERE username = 'outsider'
                """)
            let answer = try await own.call("POST", "/triage/", body, headers: header)
            #expect(answer.status == 409)
            #expect(answer.headers["retry-after"] != nil)
        }
        #expect(try await own.call("POST", "/triage/", body, headers: header).status == 422)
        #expect(try await runs(own) == 0)
    }

    @Test(
        arguments: [
            ([:], "non_field_errors", "Either ticket_ids or filter is required."),
            (["ticket_ids": [1], "filter": [:]], "non_field_errors", "Only one of ticket_ids and filter is allowed."),
            (["ticket_ids": []], "ticket_ids", "This list may not be empty."),
            (["ticket_ids": ["x"]], "ticket_ids", "A valid integer is required."),
            (["ticket_ids": nil], "ticket_ids", "This field may not be null."),
            (["filter": []], "filter", "Expected a dictionary of items but got type \"list\"."),
            (["filter": ["status": "shut"]], "filter", "status: \"shut\" is not a valid choice."),
            (["filter": ["created_from": "soon"]], "filter", "created_from: Enter a valid date/time."),
            (["filter": ["stauts": "open"]], "filter", "stauts: Unknown field."),
        ] as [(JSONValue, String, String)])
    func badRequests(_ body: JSONValue, _ field: String, _ message: String) async throws {
        let own = try await OwnOrganization.make()
        let answer = try await own.call("POST", "/triage/", body, headers: key())
        #expect(answer.status == 400)
        #expect(answer.json == [field: [.string(message)]])
    }

    @Test func whoMay() async throws {
        let own = try await OwnOrganization.make()
        let body: JSONValue = ["filter": [:]]
        let without = try await own.call("POST", "/triage/", body)
        #expect(without.status == 400)
        #expect(without.json == ["Idempotency-Key": "This header is required."])
        #expect(
            try await own.call("POST", "/triage/", body, headers: key(), as: own.member("viewer").token).status == 403)
        #expect(
            try await own.call("POST", "/triage/", body, headers: key(), as: own.member("agent").token).status == 202)
        #expect(try await own.call("POST", "/triage/", body, headers: key(), as: own.system.agent).status == 404)
    }
}
