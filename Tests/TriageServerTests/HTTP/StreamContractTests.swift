import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: event streams")
struct StreamContractTests {
    @Test func tellsOfTicketsSuggestionsAndJobsInOrder() async throws {
        let system = try await ContractSystem.started()
        var stream = try await StreamReader.open(system.server, organization: system.own, token: system.viewer)
        let made = try await system.call(
            "POST", "/api/organizations/\(system.own)/tickets/",
            ["requester_email": "a@b.example", "subject": "Streamed", "body": "Body"], as: system.agent)
        let ticket = try #require(made["id"]?.intValue)
        _ = try await system.call(
            "PATCH", "/api/tickets/\(ticket)/", ["priority": "high"], as: system.agent)
        let suggestion = try await system.makeSuggestion(on: ticket)
        _ = try await system.call("DELETE", "/api/tickets/\(ticket)/", as: system.agent)
        let events = try await stream.events { $0.data["type"] == "deleted" && $0.data["id"] == .int(ticket) }
            .filter { $0.data["ticket"] == .int(ticket) }
        #expect(events.map(\.kind) == ["ticket", "ticket", "job", "suggestion", "ticket"])
        #expect(
            events.map { $0.data["type"]?.stringValue } == ["created", "updated", "succeeded", "created", "deleted"])
        #expect(events[3].data["id"] == .int(suggestion))
        // No number that would tell how much happens elsewhere.
        #expect(Set(events.map(\.id)).count == 5 && events.allSatisfy { $0.id.count == 32 && Int64($0.id) == nil })
        // Which row and how, and nothing of what is in it.
        #expect(
            events.allSatisfy { Set($0.data.objectValue?.keys ?? [:].keys) == ["id", "type", "ticket", "created_at"] })
    }

    @Test func resumesWithoutLossAtAnotherServerAndAfterARestart() async throws {
        let system = try await ContractSystem.started()
        var stream = try await StreamReader.open(system.server, organization: system.own, token: system.viewer)
        let first = try await system.makeTicket(subject: "before")
        let seen = try #require(
            try await stream.events { $0.data["ticket"] == .int(first) }.last)
        let missed = [
            try await system.makeTicket(subject: "missed"), try await system.makeTicket(subject: "missed too"),
        ]
        for _ in 0..<2 {
            // Another process each time, that has not heard of any of it.
            let other = try await system.startAnother("serve")
            var resumed = try await StreamReader.open(
                other, organization: system.own, token: system.viewer, lastEventID: seen.id)
            let events = try await resumed.events { $0.data["ticket"] == .int(missed[1]) }
            #expect(events.filter { missed.map(JSONValue.int).contains($0.data["ticket"] ?? .null) }.count == 2)
            #expect(!events.contains { $0.id == seen.id })
            let live = try await system.makeTicket(subject: "live")
            _ = try await resumed.events { $0.data["ticket"] == .int(live) }
            await other.end()
            // The server's end is the stream's.
            while try await resumed.next() != nil {}
        }
    }

    @Test func anIdentifierThatIsNoneOfOursResets() async throws {
        let system = try await ContractSystem.started()
        for id in ["99999999999", "x", "-1"] {
            var stream = try await StreamReader.open(
                system.server, organization: system.own, token: system.viewer, lastEventID: id)
            #expect(stream.opening["event"] == "reset")
            // What follows is live, and can be resumed from.
            let ticket = try await system.makeTicket()
            let event = try #require(try await stream.events { $0.data["ticket"] == .int(ticket) }.last)
            let resumed = try await StreamReader.open(
                system.server, organization: system.own, token: system.viewer, lastEventID: event.id)
            #expect(resumed.opening["event"] == nil && resumed.opening["id"] == event.id)
        }
    }

    @Test func tellsNothingOfOthers() async throws {
        let system = try await ContractSystem.started()
        var stream = try await StreamReader.open(system.server, organization: system.other, token: system.outsider)
        let own = try await system.makeTicket()
        try await system.pool.execute("UPDATE tickets SET priority = 'low' WHERE id = \(system.foreignTicket)")
        let events = try await stream.events { $0.data["ticket"] == .int(system.foreignTicket) }
        #expect(!events.contains { $0.data["ticket"] == .int(own) })
        for (token, status) in [(system.outsider, 404), (nil, 401)] as [(String?, Int)] {
            let answer = try await system.call("GET", "/api/organizations/\(system.own)/stream/", as: token)
            #expect(answer.status == status)
        }
    }

    /// Where a stream begins is where its own organisation's events are, and all that follows can be had from there.
    @Test func itsBeginningTellsNothingOfOthers() async throws {
        let system = try await ContractSystem.started().inAnOrganizationOfItsOwn()
        func open(after id: String? = nil) async throws -> StreamReader {
            try await StreamReader.open(
                system.server, organization: system.own, token: system.viewer, lastEventID: id)
        }
        func beginning(after id: String? = nil) async throws -> String {
            let stream = try await open(after: id)
            return try #require(stream.opening["id"])
        }
        /// When it has been told, the server is past it with all streams.
        func changeElsewhere() async throws {
            var others = try await StreamReader.open(
                system.server, organization: system.other, token: system.outsider)
            try await system.pool.execute("UPDATE tickets SET priority = 'low' WHERE id = \(system.foreignTicket)")
            _ = try await others.events { $0.data["ticket"] == .int(system.foreignTicket) }
        }
        var beginnings = [try await beginning()]
        var tickets: [Int64] = []
        for _ in 0..<2 {
            try await changeElsewhere()
            let unmoved = try await beginning()
            #expect(unmoved == beginnings.last)
            // What is none of ours begins there as well.
            let anew = try await beginning(after: "none of ours")
            #expect(anew == beginnings.last)
            var stream = try await open()
            let ticket = try await system.makeTicket()
            let event = try #require(try await stream.events { $0.data["ticket"] == .int(ticket) }.last)
            let moved = try await beginning()
            #expect(moved == event.id && !beginnings.contains(moved))
            beginnings.append(moved)
            tickets.append(ticket)
        }
        try await changeElsewhere()
        for (number, id) in beginnings.enumerated() {
            var resumed = try await open(after: id)
            #expect(resumed.opening["event"] == nil && resumed.opening["id"] == id)
            tickets.append(try await system.makeTicket())
            let last = tickets.last.map(JSONValue.int)
            let told = try await resumed.events { $0.data["ticket"] == last }
            #expect(told.compactMap { $0.data["ticket"] } == tickets.dropFirst(number).map(JSONValue.int))
        }
    }

    /// Positions are given after commit, so a transaction that began first and ended last is told last, and not lost.
    @Test func aTransactionThatEndsLateIsNotLost() async throws {
        let system = try await ContractSystem.started()
        var stream = try await StreamReader.open(system.server, organization: system.own, token: system.viewer)
        let (late, early) = try await system.pool.withTransaction { connection in
            let row = try await connection.query(
                """
                INSERT INTO tickets (organization_id, requester_email, subject, body)
                VALUES (\(system.own), 'a@b.example', 'late', 'late') RETURNING id
                """)
            let early = try await system.makeTicket(subject: "early")
            try await until("the early one has its position") {
                try await system.count(
                    "SELECT count(*) FROM stream_events WHERE ticket_id = \(early) AND position IS NOT NULL") > 0
            }
            return (try row[0].decode("id", as: Int64.self), early)
        }
        let told = try await stream.events { $0.data["ticket"] == .int(late) }
        #expect(told.contains { $0.data["ticket"] == .int(early) })
    }
}
