import Logging
import Postgres
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct ListenerTests {
    private let channel = PostgresChannel("tickets")

    @Test func hearsAndHearsAgainAfterALoss() async throws {
        try await OwnDatabase.with { database async throws in
            let speaker = try await PostgresConnection.connect(database.configuration)
            var configuration = database.configuration
            configuration.applicationName = "the listener"
            let listener = PostgresListener(configuration: configuration, channels: [channel], logger: quietLogger)
            var events = listener.events().makeAsyncIterator()
            #expect(await events.next() == .connected)
            for n in 0..<100 { try await speaker.execute("SELECT pg_notify('tickets', \("ü \(n)"))") }
            for n in 0..<100 {
                #expect(
                    await events.next() == .notification(PostgresNotification(channel: "tickets", payload: "ü \(n)")))
            }
            let killed = try await speaker.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'the listener'")
            #expect(killed.count == 1)
            #expect(await events.next() == .reconnected)
            try await speaker.execute("SELECT pg_notify('tickets', 'back'), pg_notify('another', 'unheard')")
            #expect(await events.next() == .notification(PostgresNotification(channel: "tickets", payload: "back")))
        }
    }

    @Test func closesItsConnectionWhenNobodyReads() async throws {
        try await OwnDatabase.with { database async throws in
            let watcher = try await PostgresConnection.connect(database.configuration)
            var configuration = database.configuration
            configuration.applicationName = "the listener"
            let listener = PostgresListener(configuration: configuration, channels: [channel], logger: quietLogger)
            let (connected, connect) = AsyncStream<Void>.makeStream()
            let reader = Task {
                for await event in listener.events() where event == .connected { connect.finish() }
            }
            for await _ in connected {}
            reader.cancel()
            await reader.value
            try await waitUntil("the listener is gone", watcher) {
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'the listener'"
            }
        }
    }
}

struct BackoffTests {
    private let backoff = Backoff(base: .seconds(1), max: .seconds(60))

    @Test func doublesUpToItsBound() {
        #expect((1...8).map { backoff.bound(afterFailures: $0) } == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        #expect(backoff.bound(afterFailures: 1_000) == .seconds(60))
        #expect(backoff.bound(afterFailures: 0) == .seconds(1))
    }

    @Test func jitterSpansFromNothingToTheBound() {
        #expect(backoff.delay(afterFailures: 3, random: 0) == .zero)
        #expect(backoff.delay(afterFailures: 3, random: 0.5) == .seconds(2))
        #expect(backoff.delay(afterFailures: 3, random: 0.999_999) < .seconds(4))
    }
}
