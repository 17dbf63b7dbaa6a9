import Foundation
import Postgres
import Testing
import Triage
import TriageServer

@Suite("Memory for large requests")
struct MemoryBudgetTests {
    private static func budget() -> MemoryBudget {
        var limits = MemoryBudget.Limits.bodies
        limits.bytesMax = 1_000
        limits.bytesFree = 10
        return MemoryBudget(limits)
    }

    @Test func aLittleIsFree() throws {
        let budget = Self.budget()
        let share = budget.share()
        try share.hold(10)
        #expect(budget.bytesTaken == 0)
        #expect(!budget.counts(10) && budget.counts(11))
    }

    @Test func sharesGrowUntilAllIsHeldAndGiveBack() throws {
        let budget = Self.budget()
        var shares = [budget.share(), budget.share()]
        try shares[0].hold(400)
        try shares[0].hold(610)
        // What it has already.
        try shares[0].hold(500)
        #expect(budget.bytesTaken == 600)
        try shares[1].hold(410)
        #expect(budget.bytesTaken == 1_000)
        #expect(throws: MemoryBudget.Exhausted()) { try shares[1].hold(411) }
        // Small ones are nobody's victims, and what was refused is not held.
        try budget.share().hold(10)
        #expect(budget.bytesTaken == 1_000)
        shares.removeFirst()
        #expect(budget.bytesTaken == 400)
        try shares[0].hold(1_010)
        shares = []
        #expect(budget.bytesTaken == 0)
    }

    /// What is more than all there is must not be refused for ever.
    @Test func whoIsAloneMayHoldMoreThanAll() throws {
        let budget = Self.budget()
        do {
            let share = budget.share()
            try share.hold(.min)
            try share.hold(500)
            try share.hold(5_000)
            #expect(budget.bytesTaken == 4_990)
            #expect(throws: MemoryBudget.Exhausted()) { try budget.share().hold(11) }
        }
        let other = budget.share()
        try other.hold(11)
        #expect(throws: MemoryBudget.Exhausted()) { try budget.share().hold(5_000) }
        #expect(budget.bytesTaken == 1)
    }

    @Test func whatIsThereIsHeldRegardless() throws {
        let budget = Self.budget()
        do {
            let share = budget.share()
            share.holdRegardless(10)
            #expect(budget.bytesTaken == 0)
            share.holdRegardless(2_010)
            share.holdRegardless(1_010)
            #expect(budget.bytesTaken == 2_000)
            #expect(throws: MemoryBudget.Exhausted()) { try budget.share().hold(11) }
        }
        #expect(budget.bytesTaken == 0)
    }
}

/// Over the wire: bodies that do not end and answers that nobody reads.
@Suite("Contract: large requests", .serialized)
struct LargeRequestContractTests {
    @Test func bodiesThatAreHeldHaveABound() async throws {
        let system = try await ContractSystem.started()
        // However long a busy machine takes to send them.
        let server = try await system.startAnother(
            "serve", ["NEXIFY_BODY_SECONDS": "600", "NEXIFY_REQUEST_SECONDS": "600"])
        let bytes = 12 << 20
        let head =
            "POST /api/organizations/\(system.own)/documents/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer \(system.agent)\r\nContent-Length: \(bytes)\r\n\r\n"
        let part = [UInt8](repeating: 0x20, count: bytes - 1)
        // All but the last byte of more bodies than there is memory for.
        let count = MemoryBudget.Limits.bodies.bytesMax / bytes + 2
        var connections: [RawConnection] = []
        for _ in 0..<count {
            let connection = try RawConnection(port: server.port)
            connections.append(connection)
            guard connection.send(head), connection.send(part) else { break }
        }
        let refused = try #require(connections.last)
        let answer = await refused.read { $0.contains("\r\n\r\n") && $0.hasSuffix("}") }
        #expect(answer?.hasPrefix("HTTP/1.1 503 ") == true)
        #expect(answer?.lowercased().contains("retry-after: 1\r\n") == true)
        // What is small goes on, and when they are gone so does what is large.
        let small = try await RawConnection.exchange(
            "GET /api/me/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(system.agent)\r\nConnection: close\r\n\r\n",
            port: server.port)
        #expect(small?.hasPrefix("HTTP/1.1 200 ") == true)
        connections = []
        try await until("the memory is given back") {
            let again = try await RawConnection.exchange(
                Array(head.replacing("Content-Length", with: "Connection: close\r\nContent-Length").utf8) + part + [
                    0x20
                ],
                port: server.port)
            // Nothing but spaces is no JSON.
            return again?.hasPrefix("HTTP/1.1 400 ") == true
        }
        await server.end()
    }

    /// Who may not write there is told so before the body has come.
    @Test func largeBodiesAreNotHeldForStrangers() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        for (method, path, token, status) in [
            ("POST", "/api/organizations/\(system.own)/documents/", system.outsider, 404),
            ("POST", "/api/organizations/\(system.own)/documents/", system.viewer, 403),
            ("PATCH", "/api/tickets/\(ticket)/", system.outsider, 404),
            ("PATCH", "/api/tickets/\(ticket)/", system.viewer, 403),
        ] {
            let connection = try RawConnection(port: system.server.port)
            connection.send(
                "\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + "Authorization: Bearer \(token)\r\nContent-Length: 1000000\r\n\r\n")
            let answer = await connection.read { $0.hasSuffix("}") }
            #expect(answer?.hasPrefix("HTTP/1.1 \(status) ") == true, "\(method) \(path)")
        }
    }

    @Test func triggersTakeSmallBodies() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let answer = try await system.call(
            "POST", "/api/tickets/\(ticket)/trigger-triage/",
            ["note": .string(String(repeating: "n", count: RequestLimits.smallBodyBytesMax))],
            headers: ["Idempotency-Key": "large"], as: system.agent)
        #expect(answer.status == 413)
    }

    @Test func signingInTakesSmallBodies() async throws {
        let system = try await ContractSystem.started()
        let long = String(repeating: "p", count: RequestLimits.smallBodyBytesMax)
        for path in ["token/", "token/refresh/", "token/verify/", "logout/"] {
            let answer = try await system.call(
                "POST", "/api/auth/\(path)", ["username": "u", "password": .string(long), "token": .string(long)])
            #expect(answer.status == 413)
        }
    }

    @Test func aPageOfLargeDocuments() async throws {
        let own = try await OwnOrganization.make()
        // 3 MB each: nothing that compresses away is measured, only what would be sent.
        try await own.system.pool.execute(
            """
            INSERT INTO documents (organization_id, title, text)
            SELECT \(own.id), 'Large ' || n, repeat('あ', 1000000) FROM generate_series(1, 24) AS n
            """)
        let refused = try await own.call("GET", "/documents/?page_size=24")
        #expect(refused.status == 400)
        let message = try #require(refused["page_size"]?.arrayValue?.first?.stringValue)
        #expect(message.contains("72000") && message.contains("67108864"))
        let taken = try await own.call("GET", "/documents/?page_size=2")
        #expect(taken.status == 200)
        #expect(taken["results"]?.arrayValue?.count == 2)
        #expect(taken["results"]?.arrayValue?.first?["text"]?.stringValue?.count == 1_000_000)
        try await unread(own, pageSize: 16)
        try await own.system.pool.execute("DELETE FROM documents WHERE organization_id = \(own.id)")
        // Metadata counts as what it is, however well it is kept.
        try await own.system.pool.execute(
            """
            INSERT INTO documents (organization_id, title, text, metadata)
            SELECT \(own.id), 'Large ' || n, 'small', jsonb_build_object('a', repeat('x', 12000000))
            FROM generate_series(1, 6) AS n
            """)
        #expect(try await own.call("GET", "/documents/").status == 400)
        #expect(try await own.call("GET", "/documents/?page_size=1").status == 200)
        try await own.system.pool.execute("DELETE FROM documents WHERE organization_id = \(own.id)")
    }

    /// Answers that nobody reads are held, and bounded; what they hold comes back when their connections go.
    private func unread(_ own: OwnOrganization, pageSize: Int) async throws {
        let server = try await own.system.startAnother("serve")
        let request =
            "GET \(own.path)/documents/?page_size=\(pageSize) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(own.admin)\r\n"
        var connections: [RawConnection] = []
        var statuses: [String] = []
        // 48 MB each.
        while statuses.last != "503", connections.count < 10 {
            let connection = try RawConnection(port: server.port)
            connections.append(connection)
            connection.send(request + "\r\n")
            let beginning = try #require(await connection.read { $0.contains("\r\n\r\n") })
            statuses.append(String(beginning.dropFirst("HTTP/1.1 ".count).prefix(3)))
        }
        #expect(statuses.dropLast().allSatisfy { $0 == "200" } && statuses.count > 2, "\(statuses)")
        #expect(statuses.last == "503")
        // What is small, what lies in memory anyway, and above all what was done is answered all the same.
        for path in ["/api/me/", "/api/schema/"] {
            let answer = try await RawConnection.exchange(
                "GET \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(own.admin)\r\nConnection: close\r\n\r\n",
                port: server.port)
            #expect(answer?.hasPrefix("HTTP/1.1 200 ") == true)
        }
        connections += try await untilThereIsNoRoom(own, server)
        let body =
            #"{"title":"Large","text":"small","metadata":{"a":""# + String(repeating: "x", count: 12_600_000) + "\"}}"
        let made = try await RawConnection.exchange(
            "POST \(own.path)/documents/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(own.admin)\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body,
            port: server.port)
        #expect(made?.hasPrefix("HTTP/1.1 201 ") == true)
        connections = []
        try await until("the memory is given back") {
            let whole = try await RawConnection.exchange(request + "Connection: close\r\n\r\n", port: server.port)
            return whole?.hasPrefix("HTTP/1.1 200 ") == true && whole?.hasSuffix("}") == true
        }
        await server.end()
    }

    /// Answers of 12 MB, unread, until another one finds no room.
    private func untilThereIsNoRoom(
        _ own: OwnOrganization, _ server: InstalledSystem
    ) async throws -> [RawConnection] {
        let row = try await own.system.pool.query(
            """
            INSERT INTO documents (organization_id, title, text, metadata)
            VALUES (\(own.id), 'Large', 'small', jsonb_build_object('a', repeat('x', 12000000))) RETURNING id
            """)
        let id: Int64 = try #require(row.first).decode("id")
        var connections: [RawConnection] = []
        var status = ""
        while status != "503", connections.count < 40 {
            let connection = try RawConnection(port: server.port)
            connections.append(connection)
            connection.send(
                "GET \(own.path)/documents/\(id)/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(own.admin)\r\n\r\n")
            let beginning = try #require(await connection.read { $0.contains("\r\n\r\n") })
            status = String(beginning.dropFirst("HTTP/1.1 ".count).prefix(3))
        }
        #expect(status == "503")
        return connections
    }
}
