import Foundation
import NIOCore
import Postgres
import Testing
import Triage
import TriageServer

@Suite("Event streams' hub")
struct StreamHubTests {
    private static let member = StreamStore.Membership(user: UserID(1), organization: OrganizationID(1))
    private static let cursor = StreamCursor(secret: Array("sixteen bytes at least".utf8))

    private static func with(
        _ limits: StreamHub.Limits, _ body: (StreamHub, StreamStore, PostgresPool) async throws -> Void
    ) async throws {
        try await MigratedDatabase.with { pool, _ in
            try await pool.execute("INSERT INTO organizations (id, name) VALUES (1, 'One')")
            try await pool.execute("INSERT INTO users (id, username, password_hash) VALUES (1, 'one', '!')")
            try await pool.execute(
                "INSERT INTO memberships (organization_id, user_id, role) VALUES (1, 1, 'viewer')")
            let store = StreamStore(pool: pool)
            let hub = StreamHub(store: store, cursor: cursor, limits: limits, logger: MigratedDatabase.logger)
            let running = Task { await hub.run() }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(hub, store, pool)) } catch { outcome = .failure(error) }
            await hub.stop()
            await running.value
            try outcome.get()
        }
    }

    private static func makeTickets(_ count: Int32, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            INSERT INTO tickets (organization_id, requester_email, subject, body)
            SELECT 1, 'a@b.example', 'Subject', 'Body' FROM generate_series(1, \(count))
            """)
    }

    private static func join(_ hub: StreamHub, until: Date = .distantFuture) async throws -> StreamHub.Joined {
        try await hub.join(.init(membership: member, until: until))
    }

    @Test func aQuietStreamHasHeartbeats() async throws {
        var limits = StreamHub.Limits()
        #expect(limits.heartbeat == .seconds(15))
        limits.heartbeat = .milliseconds(20)
        try await Self.with(limits) { hub, _, pool in
            var messages = try await Self.join(hub).messages.makeAsyncIterator()
            for _ in 0..<3 {
                guard case .heartbeat? = await messages.next() else {
                    Issue.record("nothing has happened that could be told")
                    return
                }
            }
            try await Self.makeTickets(1, pool)
            while true {
                guard let message = await messages.next() else {
                    Issue.record("the stream ended")
                    return
                }
                if case .event = message { break }
            }
        }
    }

    /// It has what it was sent before it fell behind, then its end; from there it can be resumed without loss.
    @Test func aListenerThatIsTooSlowMustComeAgain() async throws {
        var limits = StreamHub.Limits()
        limits.waitingMax = 5
        limits.heartbeat = .seconds(3_600)
        try await Self.with(limits) { hub, store, pool in
            let slow = try await Self.join(hub)
            try await Self.makeTickets(12, pool)
            // Its end is what a buffer that is full cannot hold back.
            let head = try await store.extent().head
            let events = try await store.events(in: OrganizationID(1), after: slow.position, through: head)
            #expect(events.count == 12)
            var told: [Int64] = []
            // Reads nothing until all has been handed out.
            try await until("the hub has handed the tickets out") { try await Self.join(hub).position == head }
            for await message in slow.messages {
                if case .event(_, let position) = message { told.append(position) }
            }
            #expect(told == events.prefix(5).map(\.position))
            let missed = try await store.events(
                in: OrganizationID(1), after: try #require(told.last), through: head)
            #expect(told + missed.map(\.position) == events.map(\.position))
        }
    }

    @Test func aTokensEndIsTheStreamsEnd() async throws {
        try await Self.with(StreamHub.Limits()) { hub, _, _ in
            for await _ in try await Self.join(hub, until: .now.addingTimeInterval(0.2)).messages {}
        }
    }

    enum Ending: CaseIterable {
        case never, membership, account, token
    }

    /// Somebody who reads what they have missed is asked about as often as Postgres is asked for more of it.
    @Test(arguments: Ending.allCases)
    func whatWasMissedIsToldForAsLongAsOneMayListen(_ ending: Ending) async throws {
        try await Self.with(StreamHub.Limits()) { hub, store, pool in
            try await Self.makeTickets(1_500, pool)
            let listener = StreamHub.Listener(
                membership: Self.member, until: ending == .token ? .distantPast : .distantFuture)
            let stream = EventStream(
                store: store, hub: hub, listener: listener, joined: try await hub.join(listener), beginning: .after(0))
            var told = 0
            try await stream.tell { text in
                guard String(buffer: text).contains("data:") else { return }
                told += 1
                switch (told, ending) {
                case (1, .membership): try await pool.execute("DELETE FROM memberships")
                case (1, .account): try await pool.execute("UPDATE users SET is_active = false")
                // The end of the messages that follow.
                case (1_500, _): await hub.stop()
                default: break
                }
            }
            // One look's, or all.
            #expect(told == (ending == .never ? 1_500 : 1_000))
        }
    }

    /// Who has no event that is kept resumes from what was forgotten, and is not told to load everything anew each time.
    @Test func whereToResumeIsWhereTheOwnEventsAre() async throws {
        try await MigratedDatabase.with { pool, _ in
            try await pool.execute("INSERT INTO organizations (id, name) VALUES (1, 'One'), (2, 'Two')")
            let store = StreamStore(pool: pool)
            let (one, two) = (OrganizationID(1), OrganizationID(2))
            let none = try await store.extent().head
            #expect(try await store.resumption(in: one, through: none) == 0)
            try await Self.makeTickets(2, pool)
            let own = try await store.extent().head
            try await pool.execute(
                """
                INSERT INTO tickets (organization_id, requester_email, subject, body)
                SELECT 2, 'a@b.example', 'Subject', 'Body' FROM generate_series(1, 2)
                """)
            let head = try await store.extent().head
            #expect(head == own + 2)
            #expect(try await store.resumption(in: one, through: head) == own)
            #expect(try await store.resumption(in: one, through: own - 1) == own - 1)
            #expect(try await store.resumption(in: two, through: own) == 0)
            #expect(try await store.resumption(in: two, through: head) == head)
            // All of the first organisation's, and one of the other's.
            try await pool.execute(
                "UPDATE stream_events SET created_at = now() - interval '25 hours' WHERE position < \(head)")
            try await store.prune()
            let extent = try await store.extent()
            #expect(extent.forgotten == head - 1 && !extent.canResume(after: own))
            let resumption = try await store.resumption(in: one, through: head)
            #expect(resumption == head - 1 && extent.canResume(after: resumption))
            #expect(try await store.resumption(in: two, through: head) == head)
            // Never beyond what has been read.
            #expect(try await store.resumption(in: one, through: own) == own)
        }
    }

    @Test func whatIsTooOldIsForgottenAndCannotBeResumedFrom() async throws {
        try await MigratedDatabase.with { pool, _ in
            try await pool.execute("INSERT INTO organizations (id, name) VALUES (1, 'One')")
            let store = StreamStore(pool: pool)
            try await Self.makeTickets(6, pool)
            let before = try await store.extent()
            let positions = try await store.events(after: 0).events.map(\.position)
            #expect(positions.count == 6 && positions.last == before.head)
            #expect(before.canResume(after: before.forgotten) && !before.canResume(after: before.head + 1))
            try await pool.execute(
                "UPDATE stream_events SET created_at = now() - interval '25 hours' WHERE position <= \(positions[2])")
            try await pool.execute(
                "UPDATE stream_events SET created_at = now() - interval '23 hours' WHERE position = \(positions[3])")
            try await store.prune()
            let after = try await store.extent()
            #expect(after.head == before.head && after.forgotten == positions[2])
            #expect(try await store.events(after: 0).events.map(\.position) == Array(positions[3...]))
            // All that came after the last forgotten one is still there.
            #expect(positions.map(after.canResume) == [false, false, true, true, true, true])
            // Again there is nothing to forget.
            try await store.prune()
            #expect(try await store.extent() == after)
        }
    }
}
