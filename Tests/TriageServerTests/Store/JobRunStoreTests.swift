import JobQueue
import Postgres
import Testing
import Triage
import TriageServer

@Suite("Job runs")
struct JobRunStoreTests {
    private static let organization = OrganizationID(1)

    // A tuple instead would be misread: Swift 6.3.1 optimises task groups of tuples with a `Date` in them wrongly.
    private struct Outcome: Sendable {
        var ticket: Int64
        var result: Result<JobRunStore.Triggered, any Error>
    }

    private static func trigger(
        _ tickets: ClosedRange<Int64>, with store: JobRunStore
    ) async -> [Int64: Result<JobRunStore.Triggered, any Error>] {
        await withTaskGroup(of: Outcome.self) { group in
            for ticket in tickets {
                group.addTask {
                    let request = TriageRequest(ticket: TicketID(ticket), idempotencyKey: "key", hash: [1], user: nil)
                    do {
                        return Outcome(
                            ticket: ticket, result: .success(try await store.trigger(request, in: organization)))
                    } catch {
                        return Outcome(ticket: ticket, result: .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.ticket] = $1.result }
        }
    }

    private static func each(_ tickets: ClosedRange<Int64>, _ value: Bool) -> [Int64: Bool] {
        Dictionary(uniqueKeysWithValues: tickets.map { ($0, value) })
    }

    /// New runs are committed before old keys' runs are looked up: what goes wrong then is the old keys' alone.
    @Test func whatIsCreatedIsToldThoughALookupFails() async throws {
        try await MigratedDatabase.with { admin, database in
            try await admin.execute("INSERT INTO organizations (id, name) VALUES (1, 'One')")
            try await admin.execute(
                """
                INSERT INTO tickets (id, organization_id, requester_email, subject, body)
                SELECT n, 1, 'a@b.example', 'Subject', 'Body' FROM generate_series(1, 12) AS n
                """)
            let pool = PostgresPool(
                configuration: PostgresConfiguration(
                    connectionString: database, lockTimeout: .milliseconds(300), acquireTimeout: .seconds(60)),
                logger: MigratedDatabase.logger)
            let store = JobRunStore(pool: pool, queue: JobQueue(pool: pool, logger: MigratedDatabase.logger))
            let first = await Self.trigger(1...6, with: store)
            let outcomes = try await admin.withTransaction { connection in
                // A look-up reads it; what creates runs does not.
                try await connection.execute("LOCK TABLE suggestions IN ACCESS EXCLUSIVE MODE")
                return await Self.trigger(1...12, with: store)
            }
            let again = await Self.trigger(1...12, with: store)
            await pool.shutdown()
            #expect(try first.mapValues { try $0.get().created } == Self.each(1...6, true))
            for ticket in Int64(1)...6 { #expect(throws: PostgresError.self) { try outcomes[ticket]?.get() } }
            let created = try outcomes.filter { $0.key > 6 }.mapValues { try $0.get().created }
            #expect(created == Self.each(7...12, true))
            #expect(try again.mapValues { try $0.get().created } == Self.each(1...12, false))
            let counted = try await MigratedDatabase.count(admin, "SELECT count(*) FROM job_runs")
            #expect(counted == 12)
        }
    }
}
