import Logging

/// What a listener tells.
public enum PostgresListenerEvent: Sendable, Hashable {
    /// From now on notifications arrive.
    case connected
    /// The connection had been lost and is back. What was notified meanwhile is lost: look at the data itself.
    case reconnected
    case notification(PostgresNotification)
}

/// Hears NOTIFY on some channels, on a connection of its own that it opens again whenever it breaks.
public struct PostgresListener: Sendable {
    private let configuration: PostgresConfiguration
    private let channels: [PostgresChannel]
    private let logger: Logger
    private let backoff = Backoff(base: .milliseconds(100), max: .seconds(5))

    /// How many events may wait to be read; beyond it the oldest are dropped, as notifications are only hints.
    public static let bufferedEventsMax = 1_024

    public init(configuration: PostgresConfiguration, channels: [PostgresChannel], logger: Logger) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
    }

    /// Events until the consumer stops reading: its task's cancellation or the stream's release closes the connection.
    public func events() -> AsyncStream<PostgresListenerEvent> {
        AsyncStream(bufferingPolicy: .bufferingNewest(Self.bufferedEventsMax)) { continuation in
            let task = Task { await listen(continuation) }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func listen(_ events: AsyncStream<PostgresListenerEvent>.Continuation) async {
        var failures = 0
        var hasConnected = false
        while !Task.isCancelled {
            do {
                let (closed, close) = AsyncStream<Void>.makeStream()
                let connection = try await PostgresConnection.connect(
                    configuration, onNotification: { events.yield(.notification($0)) }, onClose: { close.finish() })
                for channel in channels { try await connection.execute(channel.listen) }
                events.yield(hasConnected ? .reconnected : .connected)
                hasConnected = true
                failures = 0
                // Ends when the connection breaks or this task is cancelled.
                for await _ in closed {}
                await connection.close()
                if !Task.isCancelled { logger.notice("the listening connection broke; connecting again") }
            } catch {
                if failures == 0, !Task.isCancelled {
                    logger.warning("cannot listen; trying again", metadata: ["error": "\(error)"])
                }
            }
            failures += 1
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: backoff.delay(afterFailures: failures, random: .random(in: 0..<1)))
        }
        events.finish()
    }
}
