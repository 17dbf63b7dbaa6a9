import NIOCore
import Triage

/// What one listener is told: where the stream begins, what was missed, then what happens.
package struct EventStream: Sendable {
    package enum Beginning: Sendable {
        /// With what happens from now on, to be resumed from that position if nothing does.
        case now(Int64)
        /// The same for one who must load everything anew: what the client had last is none of ours, was forgotten, or is
        /// of a database that has been restored since.
        case anew(Int64)
        /// With what came after the event that the client had last.
        case after(Int64)
    }

    private let store: StreamStore
    private let hub: StreamHub
    private let listener: StreamHub.Listener
    private let joined: StreamHub.Joined
    private let beginning: Beginning

    package init(
        store: StreamStore, hub: StreamHub, listener: StreamHub.Listener, joined: StreamHub.Joined, beginning: Beginning
    ) {
        self.store = store
        self.hub = hub
        self.listener = listener
        self.joined = joined
        self.beginning = beginning
    }

    /// Tells until the hub ends the stream, or the listener may listen no more.
    ///
    /// - Parameter write: returns when more can be taken.
    package func tell(_ write: (ByteBuffer) async throws -> Void) async throws {
        var seen = joined.position
        switch beginning {
        case .now(let position): try await write(ServerSentEvents.opening(at: id(of: position)))
        case .anew(let position): try await write(ServerSentEvents.reset(at: id(of: position)))
        case .after(let last):
            seen = last
            try await write(ServerSentEvents.opening(at: id(of: last)))
        }
        // What the hub had handed out before the client came.
        while seen < joined.position {
            let missed = try await store.events(
                in: listener.membership.organization, after: seen, through: joined.position)
            for event in missed {
                try await write(ServerSentEvents.text(of: event, id: id(of: event.position)))
                seen = event.position
            }
            guard missed.count == Int(StreamStore.Limits.rows) else { break }
            // The hub has ended the messages of one who may not, but there may be hours of these for a slow reader.
            guard try await hub.mayListen(listener) else { return }
        }
        for await message in joined.messages {
            switch message {
            // Another server may have told the client of it already.
            case .event(let text, let position): if position > seen { try await write(text) }
            case .heartbeat: try await write(ServerSentEvents.heartbeat)
            }
        }
    }

    private func id(of position: Int64) -> String {
        hub.cursor.text(of: position, in: listener.membership.organization)
    }
}
