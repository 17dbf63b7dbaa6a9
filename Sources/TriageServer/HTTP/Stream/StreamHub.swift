import Logging
import NIOCore
import Triage

/// Serves all event streams of this process from one look at Postgres: while anybody listens, it asks what has happened
/// since it last asked, and hands each event to the streams of its organisation.
///
/// Postgres is asked ten times a second rather than told by NOTIFY: what is asked costs one look at an index, and nobody
/// who writes has to wait for anybody who reads.
actor StreamHub {
    /// What a stream writes next.
    enum Message: Sendable {
        /// Server-Sent Events as they go out, and the position that they lead up to.
        case events(ByteBuffer, position: Int64)
        /// Nothing has happened for a while: the time to see whether the listener is still there, and still may be.
        case heartbeat
    }

    enum Limits {
        static let pause = Duration.milliseconds(100)
        static let pauseWithoutDatabase = Duration.seconds(1)
        static let heartbeat = Duration.seconds(15)
        /// Messages that wait for a slow listener; beyond them its stream ends, to be resumed.
        static let waitingMax = 256
    }

    private struct Listener {
        var organization: OrganizationID
        var continuation: AsyncStream<Message>.Continuation
    }

    private let store: StreamStore
    private let logger: Logger
    private var listeners: [Int: Listener] = [:]
    private var joined = 0
    /// Up to where events have been handed out; nil while nobody listens.
    private var position: Int64?
    private var isStopping = false
    private var wake: CheckedContinuation<Void, Never>?

    init(store: StreamStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    var listenerCount: Int { listeners.count }

    /// Joins an organisation's listeners.
    ///
    /// - Returns: where the messages begin, the forgotten events' end, and the messages; these end when the server stops
    ///   or the listener is too slow. Stop reading to leave.
    func join(
        _ organization: OrganizationID
    ) async throws -> (extent: StreamStore.Extent, messages: AsyncStream<Message>) {
        var extent = try await store.extent()
        // The actor was free meanwhile. What this process has handed out already is where a new listener begins.
        if let position { extent.head = position } else { position = extent.head }
        let (messages, continuation) = AsyncStream.makeStream(
            of: Message.self, bufferingPolicy: .bufferingOldest(Limits.waitingMax))
        guard !isStopping else {
            continuation.finish()
            return (extent, messages)
        }
        joined += 1
        let number = joined
        listeners[number] = Listener(organization: organization, continuation: continuation)
        continuation.onTermination = { [weak self] _ in
            Task { await self?.leave(number) }
        }
        wake?.resume()
        wake = nil
        return (extent, messages)
    }

    private func leave(_ number: Int) {
        listeners[number] = nil
        if listeners.isEmpty { position = nil }
    }

    /// Hands events out until `stop()`.
    func run() async {
        let clock = ContinuousClock()
        var nextHeartbeat = clock.now + Limits.heartbeat
        while !isStopping {
            guard !listeners.isEmpty else {
                await withCheckedContinuation { wake = $0 }
                continue
            }
            var pause = Limits.pause
            do {
                if let asked = position {
                    let events = try await store.events(after: asked)
                    // Everybody may have left meanwhile, and others come, who begin elsewhere.
                    if position == asked { hand(out: events) }
                    if events.count == Int(StreamStore.Limits.rows) { pause = .zero }
                }
            } catch {
                logger.debug("events not read", metadata: ["error": .string(StoreAvailability.loggable(error))])
                pause = Limits.pauseWithoutDatabase
            }
            if clock.now >= nextHeartbeat {
                nextHeartbeat = clock.now + Limits.heartbeat
                for number in listeners.keys { send(.heartbeat, to: number) }
            }
            if pause > .zero { try? await clock.sleep(for: pause) }
        }
        for listener in listeners.values { listener.continuation.finish() }
        listeners = [:]
    }

    func stop() {
        isStopping = true
        wake?.resume()
        wake = nil
        for listener in listeners.values { listener.continuation.finish() }
    }

    /// Each event is written once, however many listen.
    private func hand(out events: [StreamEvent]) {
        guard let last = events.last else { return }
        position = last.position
        let audience = Dictionary(grouping: listeners.keys) { listeners[$0]?.organization }
        for (organization, events) in Dictionary(grouping: events, by: \.organization) {
            guard let listening = audience[organization], let newest = events.last else { continue }
            let text = ServerSentEvents.text(of: events)
            for number in listening { send(.events(text, position: newest.position), to: number) }
        }
    }

    private func send(_ message: Message, to number: Int) {
        guard let listener = listeners[number] else { return }
        if case .dropped = listener.continuation.yield(message) {
            // It has missed something, so it must come again and say what it had last.
            listeners[number] = nil
            listener.continuation.finish()
        }
    }
}
