import Foundation
import Postgres
import Testing
import Triage

/// Every route of the OpenAPI document, tried by everybody who has no business there.
@Suite("Tenancy: nobody where they do not belong", .serialized)
struct TenancyTests {
    /// Somebody who knocks.
    private struct Stranger {
        var name: String
        var token: String?
        var headers: [String: String] = [:]
    }

    /// Ids of things that are there, in an organisation that the stranger is no member of.
    private struct Target {
        var organization: Int64
        var ids: [String: Int64]

        /// The route's path with these ids, or with ones that nothing has.
        func path(_ route: APIDescription.Route, missing: Bool, keepingOrganization: Bool = false) throws -> String {
            var path = ""
            for part in route.path.split(separator: "/") {
                guard part.hasPrefix("{") else {
                    path += "/\(part)"
                    continue
                }
                let name = String(part.dropFirst().dropLast())
                let isKept = !missing || name == "organization" && keepingOrganization
                path +=
                    "/\(isKept ? try #require(ids[name], "\(route): make a \(name) in TenancyTests") : 900_000_000_001)"
            }
            return path + "/"
        }
    }

    private func target(_ system: ContractSystem) async throws -> Target {
        let own = "/api/organizations/\(system.own)"
        func make(_ path: String, _ body: JSONValue, _ id: String = "id") async throws -> Int64 {
            let made = try await system.call("POST", own + path, body, as: system.admin)
            return try #require(made[id]?.intValue, "\(path): \(made.text)")
        }
        let ticket = try await system.makeTicket(subject: "Nobody else's")
        let run = try await system.call(
            "POST", "/api/tickets/\(ticket)/trigger-triage/", headers: ["Idempotency-Key": "tenancy"], as: system.agent)
        let name = "Tenancy \(UUID().uuidString)"
        let target = Target(
            organization: system.own,
            ids: [
                "organization": system.own, "ticket": ticket, "suggestion": try await system.makeSuggestion(on: ticket),
                "run": try #require(run["job_run_id"]?.intValue),
                "document": try await make("/documents/", ["title": "Theirs", "text": "Text."]),
                "team": try await make("/teams/", ["name": .string(name)]),
                "rule": try await make("/rules/", ["keywords": ["tenancy"], "team": .string(name)]),
                "key": try await make("/api-keys/", ["name": .string(name)]),
                "user": try await make(
                    "/members/",
                    [
                        "username": .string("tenancy-\(UUID().uuidString)"), "password": "long enough to do",
                        "role": "viewer",
                    ], "user_id"),
            ])
        // What the worker makes of these is no stranger's doing.
        let jobs: SQL = """
            SELECT count(*) FROM jobs WHERE organization_id = \(system.own) AND state IN ('available', 'running')
            """
        try await until("the worker has done them") { try await system.count(jobs) == 0 }
        return target
    }

    /// A body that the route would take.
    private func body(_ route: APIDescription.Route, _ target: Target) -> JSONValue? {
        guard route.operation["requestBody"] != nil else { return nil }
        return [
            "organization_id": .int(target.organization), "requester_email": "a@b.example", "subject": "s", "body": "b",
            "title": "t", "text": "t", "name": "Taken over", "keywords": ["x"], "team": "Billing", "query": "text",
            "ticket_ids": .array([.int(target.ids["ticket"] ?? 0)]), "username": "intruder", "role": "admin",
            "password": "long enough to do", "status": "resolved", "priority": "low", "draft_reply": "x",
            "suggested_priority": "low", "auto_apply_enabled": true, "auto_apply": [],
        ]
    }

    private func send(
        _ system: ContractSystem, _ stranger: Stranger, _ route: APIDescription.Route, _ path: String,
        _ body: JSONValue?
    ) async throws -> ContractSystem.Answer {
        var headers = stranger.headers
        if route.operation["parameters"]?.arrayValue?.contains(where: { $0["name"] == "Idempotency-Key" }) == true {
            headers["Idempotency-Key"] = "tenancy"
        }
        return try await system.call(route.method, path, body, headers: headers, as: stranger.token)
    }

    /// All that the organisation has, and how it is: what a stranger changed would show.
    private func state(_ system: ContractSystem) async throws -> [String] {
        var state: [String] = []
        for table in [
            "tickets", "documents", "chunks", "teams", "routing_rules", "memberships", "suggestions", "job_runs",
            "auto_apply_policies", "auto_apply_teams", "bulk_triages",
        ] as [SQL] {
            let rows = try await system.pool.query(
                """
                SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), ',' ORDER BY md5(t::text))), '') AS digest
                FROM \(table) t WHERE organization_id = \(system.own)
                """)
            state.append(try #require(rows.first).decode("digest"))
        }
        return state
    }

    private func routes(_ system: ContractSystem) async throws -> [APIDescription.Route] {
        let routes = try await AnswerCheck.description(from: system.server.url).routes
        try #require(routes.count > 50)
        return routes.filter { $0.path.hasPrefix("/api/") && $0.access != "anybody" }
    }

    /// An organisation of its own for this suite, so that its state is nobody else's doing.
    private func system() async throws -> ContractSystem {
        try await ContractSystem.started().inAnOrganizationOfItsOwn()
    }

    @Test func anotherOrganisationsAdminCannotTellItFromNothing() async throws {
        let system = try await system()
        let target = try await target(system)
        let before = try await state(system)
        let stranger = Stranger(name: "another organisation's admin", token: system.outsider)
        for route in try await routes(system) where route.path.contains("{") {
            let there = try await send(
                system, stranger, route, try target.path(route, missing: false), body(route, target))
            let missing = try await send(
                system, stranger, route, try target.path(route, missing: true), body(route, target))
            #expect(there.status == 404, "\(route): \(there.text)")
            #expect(
                there.status == missing.status && there.text == missing.text, "\(route): \(there.text) \(missing.text)")
            let names = Set(there.headers.keys).subtracting(["date"])
            #expect(names == Set(missing.headers.keys).subtracting(["date"]), "\(route)")
        }
        // Things of others under one's own organisation are not there either.
        for route in try await routes(system) where route.path.contains("{organization}/") {
            var foreign = target
            foreign.ids["organization"] = system.other
            guard route.path.split(separator: "/").count(where: { $0.hasPrefix("{") }) > 1 else { continue }
            let there = try await send(
                system, stranger, route, try foreign.path(route, missing: false), body(route, foreign))
            let missing = try await send(
                system, stranger, route, try foreign.path(route, missing: true, keepingOrganization: true),
                body(route, foreign))
            #expect(there.status == 404 && there.text == missing.text, "\(route): \(there.text) \(missing.text)")
        }
        #expect(try await state(system) == before)
    }

    /// Ids in bodies lead nowhere either.
    @Test func idsOfOthersInBodiesAreMissingOnes() async throws {
        let system = try await system()
        let target = try await target(system)
        let ticket = try #require(target.ids["ticket"])
        let before = try await state(system)
        let base = "/api/organizations/\(system.other)"
        for (path, body) in [
            ("/kb/retrieve/", { (id: Int64) in ["ticket_id": .int(id)] as JSONValue }),
            ("/triage/", { id in ["ticket_ids": [.int(id)]] }),
            ("/members/", { id in ["user_id": .int(id == ticket ? target.ids["user"] ?? 0 : id), "role": "admin"] }),
        ] as [(String, (Int64) -> JSONValue)] {
            func answer(_ id: Int64) async throws -> ContractSystem.Answer {
                try await system.call(
                    "POST", base + path, body(id), headers: ["Idempotency-Key": UUID().uuidString], as: system.outsider)
            }
            let there = try await answer(ticket)
            let missing = try await answer(900_000_000_001)
            #expect(there.status == missing.status, "\(path)")
            let known = target.ids["user"].map { String($0) } ?? ""
            #expect(
                there.text.replacing(known, with: "ID") == missing.text.replacing("900000000001", with: "ID"), "\(path)"
            )
        }
        let handedIn = try await system.call(
            "POST", "/api/tickets/",
            ["organization_id": .int(system.own), "requester_email": "a@b.example", "subject": "s", "body": "b"],
            as: system.outsider)
        #expect(handedIn.status == 404)
        #expect(try await state(system) == before)
    }

    @Test func whoHasNoTokenOfOursIsNobody() async throws {
        let system = try await system()
        let target = try await target(system)
        let before = try await state(system)
        let parts = system.admin.split(separator: ".")
        let refresh = try await system.call(
            "POST", "/api/auth/token/", ["username": "contract-admin", "password": .string(ContractSystem.password)])
        let strangers = [
            Stranger(name: "nobody"), Stranger(name: "an expired token", token: try await system.expiredToken()),
            Stranger(name: "a token without its signature", token: parts[0] + "." + parts[1] + "."),
            Stranger(name: "a refresh token", token: try #require(refresh["refresh"]?.stringValue)),
        ]
        for stranger in strangers {
            for route in try await routes(system) {
                let answer = try await send(
                    system, stranger, route, try target.path(route, missing: false), body(route, target))
                #expect(answer.status == 401, "\(stranger.name), \(route): \(answer.text)")
                #expect(answer.headers["www-authenticate"] == #"Bearer realm="api""#, "\(stranger.name), \(route)")
            }
        }
        #expect(try await state(system) == before)
    }

    @Test func anIngestKeyHandsInAndDoesNothingElse() async throws {
        let system = try await system()
        let target = try await target(system)
        let made = try await system.call(
            "POST", "/api/organizations/\(system.own)/api-keys/", ["name": "tenancy"], as: system.admin)
        let key = Stranger(name: "a key", headers: ["X-API-Key": try #require(made["key"]?.stringValue)])
        let before = try await state(system)
        for route in try await routes(system) where route.path != "/api/tickets/" {
            let answer = try await send(
                system, key, route, try target.path(route, missing: false), body(route, target))
            #expect(answer.status == 401, "\(route): \(answer.text)")
        }
        // Nor anywhere else.
        let elsewhere = try await system.call(
            "POST", "/api/tickets/",
            ["organization_id": .int(system.other), "requester_email": "a@b.example", "subject": "s", "body": "b"],
            headers: key.headers)
        #expect(elsewhere.status == 404)
        #expect(try await state(system) == before)
    }

    @Test func viewersChangeNothing() async throws {
        let system = try await system()
        let target = try await target(system)
        let before = try await state(system)
        let viewer = Stranger(name: "a viewer", token: system.viewer)
        var refused = 0
        for route in try await routes(system) where ["agent", "admin"].contains(route.access) {
            let answer = try await send(
                system, viewer, route, try target.path(route, missing: false), body(route, target))
            #expect(answer.status == 403, "\(route): \(answer.text)")
            refused += 1
        }
        #expect(refused > 30)
        #expect(try await state(system) == before)
    }

    /// What the database itself refuses, whatever the program asks.
    @Test func theProgramsRoleSeesOneOrganisationAtATime() async throws {
        let system = try await system()
        _ = try await target(system)
        let rows = try await system.pool.query(
            """
            SELECT c.relname::text AS name, c.relrowsecurity AS protected
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
            WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
            """)
        let unprotected = try rows.filter { try !$0.decode("protected", as: Bool.self) }.map {
            try $0.decode("name", as: String.self)
        }
        // Ids only, read across organisations by the worker and by the indexes.
        #expect(Set(unprotected) == ["jobs", "index_sources", "index_changes"])
        let own = system.own
        try await system.pool.withTransaction { connection in
            try await connection.execute("SET LOCAL ROLE nexify_app")
            for (entered, seen) in [(nil, false), (system.other, false), (own, true)] as [(Int64?, Bool)] {
                _ = try await connection.query(
                    "SELECT set_config('nexify.organization', \(entered.map(String.init) ?? ""), true)")
                for table in ["tickets", "documents", "teams", "suggestions", "memberships", "ticket_tally_changes"]
                    as [SQL]
                {
                    let rows = try await connection.query(
                        "SELECT 1 AS one FROM \(table) WHERE organization_id = \(own) LIMIT 1")
                    #expect(rows.isEmpty != seen, "\(table) in \(entered.map(String.init) ?? "none")")
                }
            }
        }
        // Nor may it write where it has not entered, or own or switch off anything.
        for statement in [
            "INSERT INTO teams (organization_id, name) VALUES (\(own), 'x')",
            "UPDATE ticket_events SET payload = '{}'", "DELETE FROM ticket_events",
            "ALTER TABLE tickets DISABLE ROW LEVEL SECURITY", "DROP POLICY own ON tickets",
            "CREATE TABLE mine (n integer)", "TRUNCATE tickets", "SET LOCAL row_security = off; SELECT * FROM tickets",
        ] as [SQL] {
            await #expect(throws: PostgresError.self, "\(statement)") {
                try await system.pool.withTransaction { connection in
                    try await connection.execute("SET LOCAL ROLE nexify_app")
                    try await connection.execute(statement)
                }
            }
        }
    }
}
