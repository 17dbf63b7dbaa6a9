import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: teams and rules")
struct TeamRuleContractTests {
    @Test func teams() async throws {
        let own = try await OwnOrganization.make()
        let made = try await own.call("POST", "/teams/", ["name": " Billing ", "description": "Money"])
        #expect(made.status == 201)
        let id = try #require(made["id"]?.intValue)
        #expect(made.json == ["id": .int(id), "name": "Billing", "description": "Money"])
        #expect(try await own.call("GET", "/teams/\(id)").json == made.json)
        #expect(try await own.call("GET", "/teams/")["count"] == 1)
        let taken = try await own.call("POST", "/teams/", ["name": "Billing"])
        #expect(taken.status == 400)
        #expect(taken.json == ["name": ["This name is already taken."]])
        let changed = try await own.call("PATCH", "/teams/\(id)/", ["description": ""])
        #expect(changed.json == ["id": .int(id), "name": "Billing", "description": ""])
        #expect(try await own.call("PATCH", "/teams/\(id)/", [:]).json == changed.json)
        #expect(try await own.call("DELETE", "/teams/\(id)/").status == 204)
        #expect(
            try await own.call("DELETE", "/teams/\(id)/").json == ["detail": "No Team matches the given query."])
        // What changed nothing is no event.
        #expect(try await own.audit() == ["TEAM_CREATED", "TEAM_CHANGED", "TEAM_DELETED"])
        let put = try await own.call("PUT", "/teams/\(id)/", [:])
        #expect(put.status == 405)
        #expect(put.headers["allow"] == "DELETE, GET, HEAD, PATCH")
    }

    @Test(
        arguments: [
            ([:], "name", "This field is required."), (["name": " "], "name", "This field may not be blank."),
            (["name": nil], "name", "This field may not be null."),
            (
                ["name": .string(String(repeating: "n", count: 101))], "name",
                "Ensure this field has no more than 100 characters."
            ),
            (["name": "A", "description": 5], "description", "Not a valid string."),
        ] as [(JSONValue, String, String)])
    func badTeams(_ body: JSONValue, _ field: String, _ message: String) async throws {
        let own = try await OwnOrganization.make()
        let answer = try await own.call("POST", "/teams/", body)
        #expect(answer.status == 400)
        #expect(answer.json == [field: [.string(message)]])
    }

    /// Everything that refers to a team by its name follows, and a suggestion that waits can still be approved.
    @Test func renaming() async throws {
        let own = try await OwnOrganization.make(teams: ["Old", "Other"])
        let teams = try await own.call("GET", "/teams/")
        let id = try #require(
            teams["results"]?.arrayValue?.first { $0["name"] == "Old" }?["id"]?.intValue)
        let ticket = try await own.ticket(team: "Old")
        let suggestion = try await own.suggestion(on: ticket, team: "Old")
        _ = try await own.call("POST", "/rules/", ["keywords": ["refund"], "team": "Old"])
        let other = try await own.call("PATCH", "/teams/\(id)/", ["name": "Other"])
        #expect(other.json == ["name": ["This name is already taken."]])
        #expect(try await own.call("PATCH", "/teams/\(id)/", ["name": "New"])["name"] == "New")
        #expect(try await own.call("GET", "/tickets/\(ticket)/")["assigned_team"] == "New")
        #expect(try await own.call("GET", "/rules/")["results"]?.arrayValue?.first?["team"] == "New")
        let path = "/tickets/\(ticket)/suggestions/\(suggestion)/"
        #expect(try await own.call("GET", path)["suggested_team"] == "New")
        // Approving with another team would be refused if the rename looked like a person's change of the ticket.
        let approved = try await own.call("POST", path + "approve/", ["suggested_team": "Other"])
        #expect(approved.status == 200, "\(approved.text)")
    }

    /// Both spellings of a name are one team, wherever a request has it.
    @Test func aTeamsNameHasOneSpelling() async throws {
        let own = try await OwnOrganization.make(teams: ["Other"])
        let composed: JSONValue = "Caf\u{e9}"
        let decomposed: JSONValue = "Cafe\u{301}"
        let made = try await own.call("POST", "/teams/", ["name": decomposed])
        #expect(made.status == 201)
        #expect(made["name"] == composed)
        for name in [composed, decomposed] {
            let taken = try await own.call("POST", "/teams/", ["name": name])
            #expect(taken.json == ["name": ["This name is already taken."]])
        }

        let ticket = try await own.ticket()
        let assigned = try await own.call("PATCH", "/tickets/\(ticket)/", ["assigned_team": decomposed])
        #expect(assigned.status == 200, "\(assigned.text)")
        #expect(assigned["assigned_team"] == composed)
        let listed = try await own.call("GET", "/tickets/?assigned_team=Cafe%CC%81")
        #expect(listed["count"] == 1)
        let bulk = try await own.call(
            "POST", "/triage/", ["filter": ["assigned_team": decomposed]],
            headers: ["Idempotency-Key": UUID().uuidString])
        #expect(bulk["enqueued"] == 1, "\(bulk.text)")

        let rule = try await own.call("POST", "/rules/", ["keywords": ["a"], "team": decomposed])
        #expect(rule["team"] == composed, "\(rule.text)")
        let id = try #require(rule["id"]?.intValue)
        _ = try await own.call("PATCH", "/rules/\(id)/", ["team": "Other"])
        let changed = try await own.call("PATCH", "/rules/\(id)/", ["team": decomposed])
        #expect(changed["team"] == composed)

        let entry: JSONValue = ["team": decomposed, "confidence_min": 1]
        let policy = try await own.call("PUT", "/policy/", ["auto_apply_enabled": false, "auto_apply": [entry]])
        #expect(policy["auto_apply"]?.arrayValue?.first?["team"] == composed, "\(policy.text)")
        let twice = try await own.call(
            "PATCH", "/policy/", ["auto_apply": [entry, ["team": composed, "confidence_min": 1]]])
        #expect(twice.json == ["auto_apply": ["A team is named twice."]])
    }

    @Test(
        arguments: [
            ("PATCH", "", "suggested_team"), ("POST", "approve/", "suggested_team"),
            ("POST", "reject/", "correct_team"),
        ])
    func aTeamsNameHasOneSpellingInSuggestions(_ method: String, _ verb: String, _ field: String) async throws {
        let own = try await OwnOrganization.make(teams: ["Other", "Caf\u{e9}"])
        let ticket = try await own.ticket()
        let suggestion = try await own.suggestion(on: ticket, team: "Other")
        let path = "/tickets/\(ticket)/suggestions/\(suggestion)/" + verb
        // The same in the other spelling is no other decision.
        for name in ["Cafe\u{301}", "Caf\u{e9}"] {
            let answer = try await own.call(method, path, .object([field: .string(name)]))
            #expect(answer.status == 200, "\(answer.text)")
            if field == "suggested_team" { #expect(answer[field] == "Caf\u{e9}") }
        }
        let after = try await own.call("GET", "/tickets/\(ticket)/")
        let assigned: JSONValue = verb.isEmpty ? .null : "Caf\u{e9}"
        #expect(after["assigned_team"] == assigned)
    }

    /// A team whose name was written before names had one spelling.
    @Test func anOldNameIsRespelt() async throws {
        let own = try await OwnOrganization.make(teams: ["Cafe\u{301}"])
        let teams = try await own.call("GET", "/teams/")
        let id = try #require(teams["results"]?.arrayValue?.first?["id"]?.intValue)
        let ticket = try await own.ticket(team: "Cafe\u{301}")
        let renamed = try await own.call("PATCH", "/teams/\(id)/", ["name": "Cafe\u{301}"])
        #expect(renamed["name"] == "Caf\u{e9}")
        let after = try await own.call("GET", "/tickets/\(ticket)/")
        #expect(after["assigned_team"] == "Caf\u{e9}")
        // A description is any text, and two spellings are two.
        for description in ["caf\u{e9}", "cafe\u{301}"] as [JSONValue] {
            _ = try await own.call("PATCH", "/teams/\(id)/", ["description": description])
            let described = try await own.call("GET", "/teams/\(id)/")
            #expect(described["description"] == description)
        }
        let audit = try await own.audit()
        #expect(audit == ["TEAM_CHANGED", "TEAM_CHANGED", "TEAM_CHANGED"])
    }

    @Test func aKeywordHasOneSpelling() async throws {
        let own = try await OwnOrganization.make()
        let made = try await own.call(
            "POST", "/rules/", ["keywords": ["cafe\u{301}", "caf\u{e9}", "tea"], "priority": "high"])
        #expect(made["keywords"] == ["caf\u{e9}", "tea"], "\(made.text)")
    }

    @Test func aTeamInUseStays() async throws {
        let own = try await OwnOrganization.make(teams: ["Used"])
        let teams = try await own.call("GET", "/teams/")
        let id = try #require(teams["results"]?.arrayValue?.first?["id"]?.intValue)
        for _ in 0..<2 { _ = try await own.ticket(team: "Used") }
        _ = try await own.call("POST", "/rules/", ["keywords": ["refund"], "team": "Used"])
        let refused = try await own.call("DELETE", "/teams/\(id)/")
        #expect(refused.status == 409)
        #expect(refused["used_by"] == ["2 tickets", "1 routing rules"])
        #expect(try await own.call("GET", "/teams/\(id)/").status == 200)
    }

    /// Two admins at once: of two teams that are to have one name, one gets it.
    @Test func twoRenameAtOnce() async throws {
        let own = try await OwnOrganization.make(teams: ["A", "B"])
        let results = try #require(try await own.call("GET", "/teams/")["results"]?.arrayValue)
        let ids = results.compactMap { $0["id"]?.intValue }
        for team in ["A", "B"] { for _ in 0..<20 { _ = try await own.ticket(team: team) } }
        let answers = try await atOnce(2) { index in
            try await own.call("PATCH", "/teams/\(ids[index])/", ["name": "Wanted"])
        }
        #expect(answers.map(\.status).sorted() == [200, 400])
        #expect(
            try await own.system.count(
                "SELECT count(*) FROM tickets WHERE organization_id = \(own.id) AND assigned_team = 'Wanted'") == 20)
        #expect(
            try await own.system.count(
                """
                SELECT count(*) FROM organization_events
                WHERE organization_id = \(own.id) AND event_type = 'TEAM_CHANGED'
                """) == 1)
    }

    /// An administrative change that Postgres ends because of a deadlock is begun again, and its client sees nothing of it.
    ///
    /// Postgres looks for one a second after somebody began to wait, and once: on a busy machine both may wait too late, and the
    /// server's patience ends (503). Then it is tried anew.
    @Test func aDeadlockIsTriedAgain() async throws {
        var status = 503
        for _ in 0..<5 where status == 503 { status = try await deadlock() }
        #expect(status == 200)
    }

    private func deadlock() async throws -> Int {
        let own = try await OwnOrganization.make(teams: ["Old"])
        let id = try #require(
            try await own.call("GET", "/teams/")["results"]?.arrayValue?.first?["id"]?.intValue)
        let renaming = try await own.system.pool.withTransaction { connection in
            // The other one is to be the one that notices, and so the one that is ended.
            try await connection.execute("SET LOCAL deadlock_timeout = '30s'")
            _ = try await connection.query("SELECT id FROM teams WHERE id = \(id) FOR UPDATE")
            let renaming = Task { try await own.call("PATCH", "/teams/\(id)/", ["name": "New"]) }
            try await until("the renaming waits for the team") {
                try await !connection.waiting().isEmpty
            }
            // Held by the renaming, which waits for the team.
            _ = try await connection.query("SELECT id FROM organizations WHERE id = \(own.id) FOR NO KEY UPDATE")
            return renaming
        }
        let answer = try await renaming.value
        if answer.status == 200 {
            #expect(answer["name"] == "New")
            #expect(try await own.audit() == ["TEAM_CHANGED"])
        }
        return answer.status
    }

    private func order(_ own: OwnOrganization) async throws -> [String] {
        let rules = try await own.call("GET", "/rules/")["results"]?.arrayValue ?? []
        #expect(rules.map { $0["position"] } == rules.indices.map { .int(Int64($0)) })
        return rules.compactMap { $0["keywords"]?.arrayValue?.first?.stringValue }
    }

    @Test func rulesHaveAnOrder() async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        var ids: [String: Int64] = [:]
        for name in ["a", "b", "c"] {
            let made = try await own.call(
                "POST", "/rules/", ["keywords": [.string(name), .string(name)], "team": "Billing"])
            #expect(made.status == 201)
            #expect(made["keywords"] == [.string(name)])
            #expect(made["priority"] == .null)
            ids[name] = try #require(made["id"]?.intValue)
        }
        #expect(try await order(own) == ["a", "b", "c"])
        let first = try await own.call(
            "POST", "/rules/", ["keywords": ["d"], "priority": "urgent", "position": 0])
        #expect(first["position"] == 0)
        #expect(try await order(own) == ["d", "a", "b", "c"])
        let (a, c) = (try #require(ids["a"]), try #require(ids["c"]))
        #expect(try await own.call("PATCH", "/rules/\(c)/", ["position": 1])["position"] == 1)
        #expect(try await order(own) == ["d", "c", "a", "b"])
        #expect(try await own.call("PATCH", "/rules/\(c)/", ["position": 99])["position"] == 3)
        #expect(try await order(own) == ["d", "a", "b", "c"])
        #expect(try await own.call("DELETE", "/rules/\(a)/").status == 204)
        #expect(try await order(own) == ["d", "b", "c"])
        let changed = try await own.call(
            "PATCH", "/rules/\(c)/", ["keywords": ["z"], "team": nil, "priority": "low"])
        #expect(
            changed.json == [
                "id": .int(c), "position": 2, "keywords": ["z"], "team": nil, "priority": "low",
            ])
        let empty = try await own.call("PATCH", "/rules/\(c)/", ["priority": nil])
        #expect(empty.json == ["non_field_errors": ["Either team or priority is required."]])
        #expect(try await own.call("GET", "/rules/\(c)/").json == changed.json)
    }

    @Test func rulesMovedAtOnceKeepAnOrder() async throws {
        let own = try await OwnOrganization.make()
        var ids: [Int64] = []
        for name in ["a", "b", "c", "d"] {
            let made = try await own.call("POST", "/rules/", ["keywords": [.string(name)], "priority": "high"])
            ids.append(try #require(made["id"]?.intValue))
        }
        let answers = try await atOnce(8) { [ids] index in
            try await own.call("PATCH", "/rules/\(ids[index % 4])/", ["position": .int(Int64(index / 4))])
        }
        #expect(answers.allSatisfy { $0.status == 200 })
        #expect(try await order(own).sorted() == ["a", "b", "c", "d"])
    }

    @Test(
        arguments: [
            (["team": "Billing"], "keywords", "This field is required."),
            (["keywords": [], "team": "Billing"], "keywords", "This list may not be empty."),
            (["keywords": "refund", "team": "Billing"], "keywords", "Expected a list of items but got type \"str\"."),
            (["keywords": [5], "team": "Billing"], "keywords", "Not a valid string."),
            (
                ["keywords": ["!?"], "team": "Billing"], "keywords",
                "\"!?\" has no letter or digit, so it matches nothing."
            ),
            (["keywords": ["a"]], "non_field_errors", "Either team or priority is required."),
            (["keywords": ["a"], "team": "Nobody"], "team", "\"Nobody\" is not a valid choice."),
            (["keywords": ["a"], "priority": "asap"], "priority", "\"asap\" is not a valid choice."),
            (
                ["keywords": ["a"], "priority": "low", "position": -1], "position",
                "Ensure this value is greater than or equal to 0."
            ),
        ] as [(JSONValue, String, String)])
    func badRules(_ body: JSONValue, _ field: String, _ message: String) async throws {
        let own = try await OwnOrganization.make(teams: ["Billing"])
        let answer = try await own.call("POST", "/rules/", body)
        #expect(answer.status == 400)
        #expect(answer.json == [field: [.string(message)]])
    }
}
