import Foundation
import Postgres
import Testing
import Triage

/// Rights that end while a request is under way.
@Suite("Rights that end meanwhile")
struct LateRightsTests {
    /// Who begins to send a request and is removed before it is whole gets what a stranger gets.
    @Test(arguments: [
        ("POST", "/members/", #"{"user_id": 1, "role": "admin"}"#), ("POST", "/api-keys/", #"{"name": "late"}"#),
        ("PUT", "/policy/", #"{"auto_apply_enabled": true, "auto_apply": []}"#),
        ("POST", "/documents/", #"{"title": "t", "text": "t"}"#), ("POST", "/kb/retrieve/", #"{"query": "text"}"#),
    ])
    func aBodyThatComesLate(_ method: String, _ path: String, _ body: String) async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        let whole = "/api/organizations/\(system.own)\(path)"
        let connection = try RawConnection(port: system.server.port)
        #expect(
            connection.send(
                """
                \(method) \(whole) HTTP/1.1\r
                Host: localhost\r
                Authorization: Bearer \(system.admin)\r
                Content-Type: application/json\r
                Connection: close\r
                Content-Length: \(body.utf8.count)\r
                \r
                {
                """))
        // The head has been read by the time that another request on another connection is answered twice.
        for _ in 0..<2 { _ = try await system.call("GET", "/healthz") }
        try await system.pool.execute(
            """
            DELETE FROM memberships WHERE organization_id = \(system.own)
                AND user_id = (SELECT id FROM users WHERE username = 'contract-admin')
            """)
        #expect(connection.send(String(body.dropFirst())))
        let answer = try #require(await connection.read())
        #expect(answer.hasPrefix("HTTP/1.1 404"), "\(answer)")
    }

    @Test(arguments: ["membership", "account"])
    func aStreamEndsWithThem(_ what: String) async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        let user = "stream-\(UUID().uuidString)"
        let made = try await system.call(
            "POST", "/api/organizations/\(system.own)/members/",
            ["username": .string(user), "password": "long enough to do", "role": "viewer"], as: system.admin)
        let id = try #require(made["user_id"]?.intValue)
        let signedIn = try await system.call(
            "POST", "/api/auth/token/", ["username": .string(user), "password": "long enough to do"])
        var stream = try await StreamReader.open(
            system.server, organization: system.own, token: try #require(signedIn["access"]?.stringValue))
        let ticket = try await system.makeTicket()
        _ = try await stream.events { $0.data["ticket"] == .int(ticket) }
        if what == "membership" {
            let removed = try await system.call(
                "DELETE", "/api/organizations/\(system.own)/members/\(id)/", as: system.admin)
            #expect(removed.status == 204)
        } else {
            try await system.pool.execute("UPDATE users SET is_active = false WHERE id = \(id)")
        }
        // The end, and not the next heartbeat only: nothing else happens in this organisation.
        #expect(try await stream.next() == nil)
    }

    @Test func aStreamEndsWithItsToken() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        var stream = try await StreamReader.open(
            system.server, organization: system.own, token: try await system.token(secondsLeft: 3))
        #expect(try await stream.next() == nil)
    }

    /// A key that another request holds is in flight; a row that is held is no fault of the database's.
    @Test func whatIsHeldIsNotAway() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        let ticket = try await system.makeTicket()
        try await system.pool.withTransaction { connection in
            try await connection.execute(
                """
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash)
                VALUES (\(system.own), \(ticket), 'held', '\\x00')
                """)
            let trigger = try await system.call(
                "POST", "/api/tickets/\(ticket)/trigger-triage/", headers: ["Idempotency-Key": "held"], as: system.agent
            )
            #expect(trigger.status == 409, "\(trigger.text)")
            try await connection.execute("UPDATE tickets SET priority = 'low' WHERE id = \(ticket)")
            let change = try await system.call(
                "PATCH", "/api/tickets/\(ticket)/", ["priority": "high"], as: system.agent)
            #expect(change.status == 503)
            #expect(change.headers["retry-after"] != nil)
            #expect(change["detail"]?.stringValue?.contains("Another request") == true)
        }
    }

    @Test func namesAreTheSameInEveryFormOfUnicode() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        let decomposed = "jose\u{301}-\(UUID().uuidString)"
        let made = try await system.call(
            "POST", "/api/organizations/\(system.own)/members/",
            ["username": .string(decomposed), "password": "long enough to do", "role": "viewer"], as: system.admin)
        #expect(made.status == 201)
        for name in [decomposed, decomposed.precomposedStringWithCanonicalMapping] {
            let answer = try await system.call(
                "POST", "/api/auth/token/", ["username": .string(name), "password": "long enough to do"])
            #expect(answer.status == 200, "\(answer.text)")
        }
    }
}
