import Foundation
import Postgres
import Testing
import Triage
import TriageServer

@Suite("Memory for large requests")
struct MemoryBudgetTests {
    private static func budget() -> MemoryBudget {
        var limits = MemoryBudget.Limits()
        limits.bytesMax = 1_000
        limits.bytesFree = 10
        return MemoryBudget(limits: limits)
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

    @Test func noNumberOverflows() throws {
        let share = Self.budget().share()
        try share.hold(500)
        #expect(throws: MemoryBudget.Exhausted()) { try share.hold(.max) }
        try share.hold(.min)
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
        let count = MemoryBudget.Limits().bytesMax / bytes + 2
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

    @Test func signingInTakesSmallBodies() async throws {
        let system = try await ContractSystem.started()
        let long = String(repeating: "p", count: RequestLimits.signInBodyBytesMax)
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
        connections = []
        try await until("the memory is given back") {
            let whole = try await RawConnection.exchange(request + "Connection: close\r\n\r\n", port: server.port)
            return whole?.hasPrefix("HTTP/1.1 200 ") == true && whole?.hasSuffix("}") == true
        }
        await server.end()
    }
}
