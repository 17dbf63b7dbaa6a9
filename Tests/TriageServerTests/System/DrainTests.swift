import Foundation
import Postgres
import Testing
import Triage

@Suite("SIGTERM drains")
struct DrainTests {
    /// A run that nobody carries out while the request waits for its end.
    private func waitingRun(_ contract: ContractSystem) async throws -> Int64 {
        let ticket = try await contract.makeTicket()
        let row = try await contract.pool.query(
            """
            INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, status)
            VALUES (\(contract.own), \(ticket), 'drain', '\\x00'::bytea, 'queued') RETURNING id
            """
        ).first
        return try #require(row).decode("id")
    }

    /// A connection whose request waits for the run. Another one goes before it in the same bytes: once that is answered,
    /// the server has read both.
    private func slowConnection(_ run: Int64, _ system: InstalledSystem, _ contract: ContractSystem) async throws
        -> RawConnection
    {
        let connection = try RawConnection(port: system.port)
        connection.send(
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /api/job-runs/\(run)/?wait=30 HTTP/1.1\r\nHost: a\r\n"
                + "Authorization: Bearer \(contract.agent)\r\n\r\n")
        _ = await connection.read { $0.hasSuffix("}") }
        return connection
    }

    @Test func requestsUnderWayFinish() async throws {
        let contract = try await ContractSystem.started()
        let system = try await contract.startAnother("serve")
        let run = try await waitingRun(contract)
        let idle = try RawConnection(port: system.port)
        idle.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await idle.read { $0.hasSuffix("}") }
        let slow = try await slowConnection(run, system, contract)

        kill(system.processIdentifier, SIGTERM)
        // The idle connection's end shows that it drains.
        #expect(await idle.read() == "")
        try await until("new connections are refused") {
            do {
                _ = try RawConnection(port: system.port)
                return false
            } catch is RawConnection.Refused {
                return true
            }
        }
        try await contract.pool.execute(
            "UPDATE job_runs SET status = 'succeeded', finished_at = now() WHERE id = \(run)")
        let answer = try #require(await slow.read())
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("\"status\":\"succeeded\""))
        #expect(await system.waitForEnd() == 0)
    }

    @Test func itEndsAllTheSameWhenTheTimeIsUp() async throws {
        let contract = try await ContractSystem.started()
        let system = try await contract.startAnother("serve", ["NEXIFY_DRAIN_SECONDS": "1"])
        let run = try await waitingRun(contract)
        let slow = try await slowConnection(run, system, contract)
        await system.end()
        let answer = try #require(await slow.read())
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 503 "))
    }
}
