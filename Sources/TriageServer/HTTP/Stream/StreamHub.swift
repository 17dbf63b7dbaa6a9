import FoundationEssentials
import Logging
import Metrics
import NIOCore
import Triage

/// Serves all event streams of this process from one look at Postgres: while anybody listens, it asks what has happened
/// since it last asked, and hands each event to the streams of its organisation.
///
/// Postgres is asked ten times a second rather than told by NOTIFY: what is asked costs one look at an index, and nobody
/// who writes has to wait for anybody who reads.
package actor StreamHub {
    /// What a stream writes next.
    package enum Message: Sendable {
        /// An event as it goes out, and its position.
        case event(ByteBuffer, position: Int64)
        /// Nothing has happened for a while: shows whether the listener is still there.
        case heartbeat
    }

    /// Who listens, where, and until when.
    package struct Listener: Sendable {
        var membership: StreamStore.Membership
        /// When the access token expires.
        var until: Date

        package init(membership: StreamStore.Membership, until: Date) {
            self.membership = membership
            self.until = until
        }

        func hasExpired(at now: Date) -> Bool { until <= now }
    }

    /// What a new listener gets: messages from a position on. What was before it is the store's to tell.
    package struct Joined: Sendable {
        package var position: Int64
        package var messages: AsyncStream<Message>
    }

    package struct Limits: Sendable {
        static let pause = Duration.milliseconds(100)
        static let pauseWithoutDatabase = Duration.seconds(1)
        /// How long a listener goes on who may listen no more.
        static let rightsPause = Duration.seconds(1)

        package var heartbeat = Duration.seconds(15)
        /// Messages that wait for a slow listener; beyond them its stream ends, to be resumed.
        package var waitingMax = 1_024

        package init() {}
    }

    private struct Stream {
        var listener: Listener
        var continuation: AsyncStream<Message>.Continuation
    }

    private let store: StreamStore
    nonisolated let cursor: StreamCursor
    private let limits: Limits
    private let logger: Logger
    private let open = Gauge(label: "nexify_event_streams_open")
    private var streams: [Int: Stream] = [:] {
        didSet { if streams.count != oldValue.count { open.record(streams.count) } }
    }
    private var joined = 0
    /// Up to where events have been handed out; nil while nobody listens.
    private var position: Int64?
    private var beginning: Task<Int64, any Error>?
    private var isStopping = false
    private var wake: CheckedContinuation<Void, Never>?

    package init(store: StreamStore, cursor: StreamCursor, limits: Limits = Limits(), logger: Logger) {
        self.store = store
        self.cursor = cursor
        self.limits = limits
        self.logger = logger
    }

    /// Joins an organisation's listeners. The messages end when the server stops, when the listener may listen no more,
    /// and when it is too slow. Stop reading to leave.
    package func join(_ listener: Listener) async throws -> Joined {
        if position == nil {
            let begun = try await begin()
            position = position ?? begun
        }
        let (messages, continuation) = AsyncStream.makeStream(
            of: Message.self, bufferingPolicy: .bufferingOldest(limits.waitingMax))
        guard !isStopping, let position else {
            continuation.finish()
            return Joined(position: position ?? 0, messages: messages)
        }
        joined += 1
        let number = joined
        streams[number] = Stream(listener: listener, continuation: continuation)
        continuation.onTermination = { [weak self] _ in
            Task { await self?.leave(number) }
        }
        wake?.resume()
        wake = nil
        return Joined(position: position, messages: messages)
    }

    /// Where the first listener begins; asked once for many who come at once.
    private func begin() async throws -> Int64 {
        let task = beginning ?? Task { [store] in try await store.extent().head }
        beginning = task
        defer { beginning = nil }
        return try await task.value
    }

    private func leave(_ number: Int) {
        streams[number] = nil
        if streams.isEmpty { position = nil }
    }

    /// Hands events out until `stop()`.
    package func run() async {
        let clock = ContinuousClock()
        var nextHeartbeat = clock.now + limits.heartbeat
        var nextRights = clock.now
        while !isStopping {
            guard !streams.isEmpty else {
                await withCheckedContinuation { wake = $0 }
                nextHeartbeat = clock.now + limits.heartbeat
                continue
            }
            var pause = Limits.pause
            do {
                if clock.now >= nextRights {
                    nextRights = clock.now + Limits.rightsPause
                    try await endThoseWhoMayListenNoMore()
                }
                if try await look() { pause = .zero }
            } catch {
                logger.debug("events not read", metadata: ["error": .string(StoreAvailability.loggable(error))])
                pause = Limits.pauseWithoutDatabase
            }
            if clock.now >= nextHeartbeat {
                nextHeartbeat = clock.now + limits.heartbeat
                for number in streams.keys { send(.heartbeat, to: number) }
            }
            if pause > .zero { try? await clock.sleep(for: pause) }
        }
        end { _ in true }
    }

    package func stop() {
        isStopping = true
        wake?.resume()
        wake = nil
        end { _ in true }
    }

    /// - Returns: whether there is more to be read at once.
    private func look() async throws -> Bool {
        guard let asked = position else { return false }
        let (events, head) = try await store.events(after: asked)
        // Everybody may have left meanwhile, and others come, who begin elsewhere.
        guard position == asked else { return false }
        if head < asked {
            // The database was restored: whoever comes again is told to load everything anew.
            end { _ in true }
            return false
        }
        hand(out: events)
        return events.count == Int(StreamStore.Limits.rows)
    }

    /// Each event is written once, however many listen.
    private func hand(out events: [StreamEvent]) {
        guard let last = events.last else { return }
        position = last.position
        let audience = Dictionary(grouping: streams.keys) { streams[$0]?.listener.membership.organization }
        for event in events {
            guard let listening = audience[event.organization] else { continue }
            let id = cursor.text(of: event.position, in: event.organization)
            let message = Message.event(ServerSentEvents.text(of: event, id: id), position: event.position)
            for number in listening { send(message, to: number) }
        }
    }

    private func endThoseWhoMayListenNoMore() async throws {
        let now = Date()
        end { $0.hasExpired(at: now) }
        let asked = Set(streams.values.map(\.listener.membership))
        let standing = try await store.standing(asked)
        end { asked.contains($0.membership) && !standing.contains($0.membership) }
    }

    /// Whether somebody may listen still: for one who is being told, at a pace of their own, what was before `join`.
    package nonisolated func mayListen(_ listener: Listener) async throws -> Bool {
        guard !listener.hasExpired(at: Date()) else { return false }
        return try await store.standing([listener.membership]).contains(listener.membership)
    }

    private func end(_ mustEnd: (Listener) -> Bool) {
        for (number, stream) in streams where mustEnd(stream.listener) {
            streams[number] = nil
            stream.continuation.finish()
        }
        if streams.isEmpty { position = nil }
    }

    private func send(_ message: Message, to number: Int) {
        guard let stream = streams[number] else { return }
        if case .dropped = stream.continuation.yield(message) {
            // It has missed something, so it must come again and say what it had last.
            streams[number] = nil
            stream.continuation.finish()
        }
    }
}
