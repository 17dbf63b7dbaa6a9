import Foundation
import Postgres
import Testing
import Triage

/// Statements that Postgres gives up by itself: `pg_cancel_backend`, or a `statement_timeout` of the role's.
@Suite("Contract: statements that are stopped")
struct StoppedStatementTests {
    @Test func areToBeAskedForAgain() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        let ticket = try await system.makeTicket()
        var stopped = try await self.stopped(ticket, in: system)
        // On a busy machine the server's patience with the lock may end first.
        for _ in 0..<4 where stopped["detail"]?.stringValue?.contains("Another request holds") == true {
            stopped = try await self.stopped(ticket, in: system)
        }
        #expect(stopped.status == 503, "\(stopped.text)")
        #expect(stopped.headers["retry-after"] == "2")
        #expect(stopped["detail"]?.stringValue?.contains("told to stop") == true)
        let again = try await system.call(
            "PATCH", "/api/tickets/\(ticket)/", ["priority": "high"], as: system.agent)
        #expect(again.status == 200 && again["priority"] == "high")
    }

    private func stopped(_ ticket: Int64, in system: ContractSystem) async throws -> ContractSystem.Answer {
        try await system.pool.withTransaction { connection in
            try await connection.execute("UPDATE tickets SET priority = 'low' WHERE id = \(ticket)")
            let change = Task {
                try await system.call("PATCH", "/api/tickets/\(ticket)/", ["priority": "high"], as: system.agent)
            }
            try await until("the change waits for the ticket, and is told to stop") {
                let waiting = try await connection.waiting()
                _ = try await connection.query(
                    "SELECT pg_cancel_backend(pid) FROM unnest(\(waiting)) AS waiting (pid)")
                return !waiting.isEmpty
            }
            return try await change.value
        }
    }
}
