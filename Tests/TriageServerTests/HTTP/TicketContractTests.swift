import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: tickets")
struct TicketContractTests {
    private func draft(_ system: ContractSystem, _ changes: [String: JSONValue] = [:]) -> JSONValue {
        var members: [String: JSONValue] = [
            "organization_id": .int(system.own), "requester_email": "client@example.com", "subject": " Help ",
            "body": "Two\nlines",
        ]
        for (key, value) in changes { members[key] = value }
        return .object(members)
    }

    @Test func create() async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call(
            "POST", "/api/tickets/", draft(system, ["priority": "urgent"]), as: system.agent)
        #expect(answer.status == 201)
        #expect(
            Set(answer.json.objectValue?.keys ?? [:].keys) == [
                "id", "organization", "requester_email", "subject", "body", "status", "priority", "assigned_team",
                "created_at", "updated_at",
            ])
        #expect(answer["organization"] == .int(system.own))
        #expect(answer["subject"] == "Help")
        #expect(answer["body"] == "Two\nlines")
        #expect(answer["status"] == "open")
        #expect(answer["priority"] == "urgent")
        #expect(answer["assigned_team"] == .null)
        #expect(answer["created_at"]?.stringValue?.hasSuffix("Z") == true)
        #expect(answer.headers["etag"] == "\"1\"")
        let id = try #require(answer["id"]?.intValue)
        #expect(try await system.eventKinds(of: id) == ["TICKET_CREATED"])
        #expect(try await system.call("GET", "/api/tickets/\(id)", as: system.viewer).text == answer.text)
        let own = try await system.call("GET", "/api/organizations/\(system.own)/tickets/\(id)/", as: system.viewer)
        #expect(own.text == answer.text)
    }

    @Test(
        arguments: [
            (
                ["requester_email": "no address"] as [String: JSONValue], "requester_email",
                "Enter a valid email address."
            ),
            (["subject": "   "], "subject", "This field may not be blank."),
            (["subject": 5], "subject", "Not a valid string."),
            (
                ["subject": .string(String(repeating: "é", count: 251))], "subject",
                "Ensure this field has no more than 250 characters."
            ),
            (["body": nil], "body", "This field may not be null."),
            (["body": "a\u{0000}"], "body", "Null characters are not allowed."),
            (
                ["body": .string(String(repeating: "x", count: 100_001))], "body",
                "Ensure this field has no more than 100000 characters."
            ),
            (["priority": "asap"], "priority", "\"asap\" is not a valid choice."),
            (["organization_id": "x"], "organization_id", "A valid integer is required."),
        ] as [([String: JSONValue], String, String)])
    func createRefuses(_ change: [String: JSONValue], _ field: String, _ message: String) async throws {
        let system = try await ContractSystem.started()
        let address = "\(UUID().uuidString)@example.com"
        let body = draft(system, ["requester_email": .string(address)].merging(change) { $1 })
        let answer = try await system.call("POST", "/api/tickets/", body, as: system.admin)
        #expect(answer.status == 400)
        #expect(answer.json == [field: [.string(message)]])
        #expect(try await system.count("SELECT count(*) FROM tickets WHERE requester_email = \(address)") == 0)
    }

    @Test func limitsAreOfCharactersNotBytes() async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call(
            "POST", "/api/tickets/",
            draft(
                system,
                [
                    "subject": .string(String(repeating: "😀", count: 250)),
                    "body": .string(String(repeating: "é", count: 100_000)),
                ]), as: system.agent)
        #expect(answer.status == 201)
    }

    @Test func whoMayCreate() async throws {
        let system = try await ContractSystem.started()
        let viewer = try await system.call("POST", "/api/tickets/", draft(system), as: system.viewer)
        #expect(viewer.status == 403)
        #expect(viewer.json == ["detail": "You do not have permission to perform this action."])
        #expect(try await system.call("POST", "/api/tickets/", draft(system)).status == 401)
        let foreign = try await system.call(
            "POST", "/api/tickets/", draft(system, ["organization_id": .int(system.other)]), as: system.admin)
        let missing = try await system.call(
            "POST", "/api/tickets/", draft(system, ["organization_id": 999_999_999]), as: system.admin)
        #expect(foreign.status == 404)
        #expect(foreign.text == missing.text)
    }

    @Test func ingestByKey() async throws {
        let system = try await ContractSystem.started()
        let key = ["X-API-Key": ContractSystem.apiKey]
        let answer = try await system.call("POST", "/api/tickets/", draft(system), headers: key)
        #expect(answer.status == 201)
        let id = try #require(answer["id"]?.intValue)
        let events = try await system.call("GET", "/api/tickets/\(id)/events/", as: system.viewer)
        #expect(events["results"]?.arrayValue?.first?["actor_type"] == "webhook")
        #expect(events["results"]?.arrayValue?.first?["actor_user"] == .null)
        let foreign = try await system.call(
            "POST", "/api/tickets/", draft(system, ["organization_id": .int(system.other)]), headers: key)
        #expect(foreign.status == 404)
        let wrong = try await system.call("POST", "/api/tickets/", draft(system), headers: ["X-API-Key": "nxf_wrong"])
        #expect(wrong.status == 401)
        #expect(wrong.headers["www-authenticate"] == "Bearer realm=\"api\"")
        // A key is for sending tickets in and nothing else.
        #expect(try await system.call("GET", "/api/tickets/\(id)/", headers: key).status == 401)
        let revoked = SHA256Digest.of(Array("nxf_revoked".utf8))
        try await system.pool.execute(
            """
            INSERT INTO api_keys (organization_id, name, prefix, key_hash, revoked_at)
            VALUES (\(system.own), 'revoked', 'nxf_', \(revoked), now())
            """)
        let late = try await system.call("POST", "/api/tickets/", draft(system), headers: ["X-API-Key": "nxf_revoked"])
        #expect(late.status == 401)
    }

    @Test func changeAndConcurrency() async throws {
        let system = try await ContractSystem.started()
        let id = try await system.makeTicket()
        let path = "/api/tickets/\(id)/"
        let changed = try await system.call(
            "PATCH", path, ["status": "in_progress", "assigned_team": "Billing", "subject": "New"],
            headers: ["If-Match": "\"1\""], as: system.agent)
        #expect(changed.status == 200)
        #expect(changed["assigned_team"] == "Billing")
        #expect(changed.headers["etag"] == "\"2\"")
        #expect(try await system.eventKinds(of: id) == ["STATUS_CHANGED", "ASSIGNED_TEAM_CHANGED"])
        for tag in ["\"1\"", "W/\"2\"", "2", "\"x\""] {
            let stale = try await system.call(
                "PATCH", path, ["status": "open"], headers: ["If-Match": tag], as: system.agent)
            #expect(stale.status == 412, "\(tag)")
            #expect(try await system.call("DELETE", path, headers: ["If-Match": tag], as: system.agent).status == 412)
        }
        #expect(
            try await system.call(
                "PATCH", path, ["assigned_team": nil], headers: ["If-Match": "\"9\", \"2\""], as: system.agent)[
                    "assigned_team"] == .null)
        #expect(
            try await system.call("GET", path, headers: ["If-None-Match": "W/\"3\""], as: system.viewer).status == 304)
        let team = try await system.call("PATCH", path, ["assigned_team": "Nobody"], as: system.agent)
        #expect(team.status == 400)
        #expect(team.json == ["assigned_team": ["\"Nobody\" is not a valid choice."]])
        let wrong = try await system.call("PATCH", path, ["status": "shut", "subject": nil], as: system.agent)
        #expect(
            wrong.json == [
                "status": ["\"shut\" is not a valid choice."], "subject": ["This field may not be null."],
            ])
        #expect(try await system.call("PATCH", path, ["status": "open"], as: system.viewer).status == 403)
        #expect(try await system.call("DELETE", path, as: system.viewer).status == 403)

        #expect(try await system.call("DELETE", path, headers: ["If-Match": "*"], as: system.agent).status == 204)
        let gone = try await system.call("GET", path, as: system.agent)
        #expect(gone.status == 404)
        #expect(gone.json == ["detail": "No Ticket matches the given query."])
    }

    /// Texts that look alike and differ in their bytes are two, as they are to Postgres.
    @Test(arguments: ["subject", "body"])
    func anotherSpellingIsAChange(_ field: String) async throws {
        let system = try await ContractSystem.started()
        let id = try await system.makeTicket()
        let path = "/api/tickets/\(id)/"
        for (text, tag) in [("caf\u{e9}", "\"2\""), ("cafe\u{301}", "\"3\""), ("cafe\u{301}", "\"3\"")] {
            let changed = try await system.call("PATCH", path, .object([field: .string(text)]), as: system.agent)
            #expect(changed.status == 200)
            #expect(changed.headers["etag"] == tag)
            #expect(changed[field] == .string(text))
            let read = try await system.call("GET", path, as: system.viewer)
            #expect(read[field] == .string(text))
        }
    }

    /// Every route of a ticket, under both its paths: another organisation's answers exactly like a missing one's.
    @Test func foreignIsMissing() async throws {
        let system = try await ContractSystem.started()
        let calls: [(String, String, JSONValue?)] = [
            ("GET", "", nil), ("PATCH", "", ["status": "open"]), ("DELETE", "", nil), ("GET", "events/", nil),
            ("GET", "similar/", nil), ("POST", "trigger-triage/", nil), ("GET", "suggestions/", nil),
            ("GET", "suggestions/1/", nil), ("PATCH", "suggestions/1/", [:]), ("POST", "suggestions/1/approve/", nil),
            ("POST", "suggestions/1/reject/", nil),
        ]
        let headers = ["Idempotency-Key": "k"]
        for (method, suffix, body) in calls {
            for prefix in ["/api/tickets", "/api/organizations/\(system.own)/tickets"] {
                let foreign = try await system.call(
                    method, "\(prefix)/\(system.foreignTicket)/\(suffix)", body, headers: headers, as: system.admin)
                let missing = try await system.call(
                    method, "\(prefix)/999999999/\(suffix)", body, headers: headers, as: system.admin)
                #expect(foreign.status == 404, "\(method) \(prefix) \(suffix)")
                #expect(foreign.text == missing.text)
                #expect(foreign.text == #"{"detail":"No Ticket matches the given query."}"#)
            }
        }
        for path in ["tickets/", "tickets/\(system.foreignTicket)/", "teams/", "documents/", "documents/1/"] {
            let foreign = try await system.call("GET", "/api/organizations/\(system.other)/\(path)", as: system.admin)
            let missing = try await system.call("GET", "/api/organizations/999999999/\(path)", as: system.admin)
            #expect(foreign.status == 404, "\(path)")
            #expect(foreign.text == missing.text)
        }
        // It is there for those whose it is.
        #expect(
            try await system.call("GET", "/api/tickets/\(system.foreignTicket)/", as: system.outsider).status == 200)
    }

    @Test(arguments: ["abc", "-1", "1.0", "0x10", "%00", "1%20", "é"])
    func whatIsNoIDIsNoRoute(_ id: String) async throws {
        let system = try await ContractSystem.started()
        let escaped = id == "é" ? "%C3%A9" : id
        let answer = try await system.call("GET", "/api/tickets/\(escaped)/", as: system.agent)
        #expect(answer.status == 404)
        #expect(answer.json == ["detail": "Not found."])
    }

    @Test func anIDBeyondSixtyFourBitsIsAMissingOne() async throws {
        let system = try await ContractSystem.started()
        for id in ["0", "9223372036854775807", "9223372036854775808", "99999999999999999999999999"] {
            let answer = try await system.call("GET", "/api/tickets/\(id)/", as: system.agent)
            #expect(answer.status == 404)
            #expect(answer.json == ["detail": "No Ticket matches the given query."])
        }
    }
}
