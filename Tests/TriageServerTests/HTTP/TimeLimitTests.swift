import Foundation
import Postgres
import Testing
import Triage
import TriageServer

/// Every limit is a second or two here, and the tests wait for the event, however long it takes.
@Suite("Limits on time and connections")
struct TimeLimitTests {
    private static let connectionsMax = 12

    private actor Once {
        static let shared = Once()
        private var starting: Task<InstalledSystem, any Error>?

        func system() async throws -> InstalledSystem {
            if let starting { return try await starting.value }
            let task = Task {
                try await ContractSystem.started().startAnother(
                    "serve",
                    [
                        "NEXIFY_HEAD_SECONDS": "1", "NEXIFY_BODY_SECONDS": "1", "NEXIFY_REQUEST_SECONDS": "2",
                        "NEXIFY_IDLE_SECONDS": "2", "NEXIFY_CONNECTIONS_MAX": "\(connectionsMax)",
                        "NEXIFY_TRUSTED_PROXIES": "127.0.0.1",
                    ])
            }
            starting = task
            return try await task.value
        }
    }

    @Test func aHeadThatDoesNotCome() async throws {
        let port = try await Once.shared.system().port
        for beginning in ["", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
            let answer = try await RawConnection.exchange(beginning, port: port)
            #expect(answer == "", "it must be closed without an answer")
        }
        // A second request's head has the idle time.
        let second = try await RawConnection.exchange(
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: ", port: port)
        #expect(try #require(second).components(separatedBy: "HTTP/1.1 200 ").count == 2)
    }

    @Test func aBodyThatDoesNotCome() async throws {
        let port = try await Once.shared.system().port
        let answer = try await RawConnection.exchange(
            "POST /api/auth/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
            port: port)
        #expect(try #require(answer).hasPrefix("HTTP/1.1 408 "))
        // What is answered before its body came is not waited for either.
        let early = try await RawConnection.exchange(
            "POST /api/tickets/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{", port: port)
        #expect(try #require(early).hasPrefix("HTTP/1.1 401 "))
    }

    @Test func aRequestThatTakesTooLong() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        try await system.pool.execute(
            """
            CREATE FUNCTION take_too_long() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'
            """)
        try await system.pool.execute(
            """
            CREATE TRIGGER take_too_long BEFORE INSERT ON api_keys FOR EACH ROW
            WHEN (NEW.name = 'takes too long') EXECUTE FUNCTION take_too_long()
            """)
        let answer = try await Once.shared.system().call(
            "POST", "/api/organizations/\(system.own)/api-keys/", ["name": "takes too long"], as: system.admin)
        #expect(answer.status == 503)
        #expect(answer["detail"] == "The request took too long and was given up.")
        #expect(answer.headers["retry-after"] != nil)
    }

    /// Nobody does the job of this run, so that its end would be waited for in vain.
    @Test func aWaitEndsBeforeTheRequestsTimeIsUp() async throws {
        let system = try await ContractSystem.started()
        let ticket = try await system.makeTicket()
        let run = try await system.pool.query(
            """
            INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, status)
            VALUES (\(system.own), \(ticket), 'slow', '\\x00'::bytea, 'queued') RETURNING id
            """)
        let id: Int64 = try #require(run.first).decode("id")
        let answer = try await Once.shared.system().call("GET", "/api/job-runs/\(id)/?wait=30", as: system.agent)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["status"] == "queued")
    }

    @Test(arguments: [
        // Asked for, time that is gone, time of the request, what is left to wait; all in milliseconds.
        (30_000, 0, 60_000, 30_000), (30_000, 29_500, 60_000, 29_500), (10_000, 0, 6_000, 5_000), (0, 0, 6_000, 0),
        (10_000, 5_500, 6_000, 0), (10_000, 7_000, 6_000, 0), (30_000, 0, 2_000, 1_000), (30_000, 0, 100, 50),
    ])
    func waitsLeaveTimeForTheAnswer(_ asked: Int, _ gone: Int, _ total: Int, _ left: Int) {
        let times = RequestTimes(bodyArrival: .seconds(30), total: .milliseconds(total))
        let beginning = ContinuousClock.now
        let wait = times.wait(.milliseconds(asked), since: beginning, now: beginning + .milliseconds(gone))
        #expect(wait == .milliseconds(left))
    }

    /// Idle connections take every place; they are ended, and those who wait get their turn.
    @Test func connectionsBeyondTheirNumberWait() async throws {
        let port = try await Once.shared.system().port
        let idle = try (0..<3 * Self.connectionsMax).map { _ in try RawConnection(port: port) }
        let answer = try await RawConnection.exchange(
            "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
        #expect(try #require(answer).hasPrefix("HTTP/1.1 200 "))
        for connection in idle { #expect(await connection.read() == "") }
    }

    @Test func linksHaveTheSchemeThatATrustedProxyNames() async throws {
        let system = try await ContractSystem.started()
        _ = try await system.makeTicket()
        _ = try await system.makeTicket()
        let path = "/api/organizations/\(system.own)/tickets/?page_size=1"
        let headers = ["X-Forwarded-Proto": "https"]
        let trusted = try await Once.shared.system().call("GET", path, headers: headers, as: system.agent)
        #expect(trusted["next"]?.stringValue?.hasPrefix("https://127.0.0.1") == true)
        let untrusted = try await system.call("GET", path, headers: headers, as: system.agent)
        #expect(untrusted["next"]?.stringValue?.hasPrefix("http://127.0.0.1") == true)
    }
}
