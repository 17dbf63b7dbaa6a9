import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: lists")
struct ListContractTests {
    /// An organisation of its own with three tickets, so that other tests do not change its lists.
    private func list(_ system: ContractSystem) async throws -> (path: String, token: String, ids: [Int64]) {
        let name = "Lists \(UUID().uuidString)"
        let rows = try await system.pool.query("INSERT INTO organizations (name) VALUES (\(name)) RETURNING id")
        let organization: Int64 = try #require(rows.first).decode("id")
        let me = try await system.call("GET", "/api/me/", as: system.outsider)
        let user = try #require(me["id"]?.intValue)
        try await system.pool.execute(
            "INSERT INTO memberships (organization_id, user_id, role) VALUES (\(organization), \(user), 'viewer')")
        var ids: [Int64] = []
        for (subject, status, priority, day) in [
            ("red apple", "open", "low", "2024-01-01"), ("green pear", "resolved", "urgent", "2024-02-01"),
            ("green apple", "open", "high", "2024-03-01"),
        ] {
            let row = try await system.pool.query(
                """
                INSERT INTO tickets (organization_id, requester_email, subject, body, status, priority, created_at)
                VALUES (\(organization), 'a@b.example', \(subject), 'x', \(status), \(priority),
                        \(day)::text::timestamptz)
                RETURNING id
                """)
            ids.append(try #require(row.first).decode("id"))
        }
        return ("/api/organizations/\(organization)/tickets/", system.outsider, ids)
    }

    private func ids(_ answer: ContractSystem.Answer) -> [Int64] {
        answer["results"]?.arrayValue?.compactMap { $0["id"]?.intValue } ?? []
    }

    /// Not even that what they asked for makes no sense.
    @Test func strangersAreToldNothing() async throws {
        let system = try await ContractSystem.started()
        let (path, token, _) = try await list(system)
        for query in ["", "?status=nonsense", "?page=x", "?created_from=yesterday"] {
            let stranger = try await system.call("GET", path + query, as: system.agent)
            #expect(stranger.status == 404)
            #expect(stranger.json == ["detail": "No Organization matches the given query."])
            #expect(try await system.call("GET", path + query).status == 401)
        }
        #expect(try await system.call("GET", path + "?status=nonsense", as: token).status == 400)
    }

    @Test func pages() async throws {
        let system = try await ContractSystem.started()
        let (path, token, ids) = try await list(system)
        let url = system.server.url + path
        let all = try await system.call("GET", path, as: token)
        #expect(all["count"] == 3)
        #expect(all["next"] == .null)
        #expect(all["previous"] == .null)
        #expect(self.ids(all) == ids.reversed())
        let first = try await system.call("GET", path + "?status=&page_size=1&ordering=id", as: token)
        #expect(self.ids(first) == [ids[0]])
        #expect(first["next"]?.stringValue == url + "?ordering=id&page=2&page_size=1&status=")
        let second = try await system.call("GET", path + "?limit=1&page=2&ordering=id", as: token)
        #expect(self.ids(second) == [ids[1]])
        #expect(second["previous"]?.stringValue == url + "?limit=1&ordering=id")
        #expect(second["next"]?.stringValue == url + "?limit=1&ordering=id&page=3")
        // A link is a path that can be asked for.
        let next = try #require(second["next"]?.stringValue).replacing(system.server.url, with: "")
        #expect(self.ids(try await system.call("GET", next, as: token)) == [ids[2]])
        for page in ["0", "-1", "x", "4", "99999999999999999999"] {
            let answer = try await system.call("GET", path + "?page_size=1&page=\(page)", as: token)
            #expect(answer.status == 404)
            #expect(answer.json == ["detail": "Invalid page."])
        }
        let none = try await system.call("GET", path + "?status=in_progress", as: token)
        #expect(none.text == #"{"count":0,"next":null,"previous":null,"results":[]}"#)
    }

    @Test(arguments: [
        ("", [2, 1, 0]), ("ordering=id", [0, 1, 2]), ("ordering=priority", [0, 2, 1]),
        ("ordering=-priority", [1, 2, 0]),
        ("ordering=status,-id", [2, 0, 1]), ("ordering=bogus", [2, 1, 0]), ("ordering=-created_at", [2, 1, 0]),
        ("status=open", [2, 0]), ("priority=urgent", [1]), ("q=apple", [2, 0]), ("q=green+-apple", [1]),
        ("created_from=2024-02-01", [2, 1]), ("created_to=2024-02-01T00:00:00Z", [1, 0]),
        ("has_pending_suggestion=true", []), ("has_pending_suggestion=false", [2, 1, 0]), ("assigned_team=Nobody", []),
        ("status=open&q=red", [0]), ("unknown=1", [2, 1, 0]), ("q=%27%29%3B--", []),
    ])
    func filtersAndOrders(_ query: String, _ positions: [Int]) async throws {
        let system = try await ContractSystem.started()
        let (path, token, ids) = try await list(system)
        let answer = try await system.call("GET", path + "?" + query, as: token)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(self.ids(answer) == positions.map { ids[$0] })
    }

    @Test func badFilters() async throws {
        let system = try await ContractSystem.started()
        let path = "/api/organizations/\(system.own)/tickets/"
        let answer = try await system.call(
            "GET", path + "?status=shut&priority=asap&created_from=soon&q=%00&has_pending_suggestion=maybe",
            as: system.viewer)
        #expect(answer.status == 400)
        #expect(
            Set(answer.json.objectValue?.keys ?? [:].keys) == [
                "status", "priority", "created_from", "q", "has_pending_suggestion",
            ])
        #expect(answer["status"] == ["Select a valid choice. shut is not one of the available choices."])
        #expect(answer["created_from"] == ["Enter a valid date/time."])
    }

    @Test func events() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        for status in ["in_progress", "resolved"] {
            _ = try await system.call(
                "PATCH", "/api/tickets/\(ticket)/", ["status": .string(status), "priority": "low"], as: system.agent)
        }
        let path = "/api/tickets/\(ticket)/events/"
        let all = try await system.call("GET", path, as: system.viewer)
        let kinds = all["results"]?.arrayValue?.map { $0["event_type"] }
        #expect(kinds == ["STATUS_CHANGED", "PRIORITY_CHANGED", "STATUS_CHANGED"])
        let newest = try #require(all["results"]?.arrayValue?.first)
        #expect(newest["payload"] == ["from": "in_progress", "to": "resolved"])
        #expect(
            Set(newest.objectValue?.keys ?? [:].keys) == [
                "id", "ticket", "event_type", "actor_type", "actor_user", "payload", "created_at",
            ])
        #expect(try await system.call("GET", path + "?event_type=PRIORITY_CHANGED", as: system.viewer)["count"] == 1)
        #expect(try await system.call("GET", path + "?actor_type=ai", as: system.viewer)["count"] == 0)
        #expect(try await system.call("GET", path + "?event_type=NOTHING", as: system.viewer).status == 400)
        #expect(try await system.call("GET", path + "?actor_type=robot", as: system.viewer).status == 400)
    }

    @Test func teams() async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call("GET", "/api/organizations/\(system.own)/teams", as: system.viewer)
        #expect(answer["results"]?.arrayValue?.map { $0["name"] } == ["Billing", "Support"])
    }
}
