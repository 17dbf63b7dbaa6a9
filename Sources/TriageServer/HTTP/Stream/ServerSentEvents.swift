import NIOCore
import Triage

/// The wire format of event streams (WHATWG HTML, 9.2).
enum ServerSentEvents {
    static let contentType = "text/event-stream"

    /// - Parameter id: what clients see of its position.
    static func text(of event: StreamEvent, id: String) -> ByteBuffer {
        var text = ByteBuffer()
        text.writeString("id: \(id)\nevent: \(event.kind.rawValue)\ndata: ")
        var json = JSONWriter(capacity: 160)
        json.object { json in
            json.key("id")
            json.value(event.row)
            json.field("type", event.change)
            json.field("ticket", event.ticket)
            json.field("created_at", event.createdAt)
        }
        text.writeImmutableBuffer(json.buffer)
        text.writeString("\n\n")
        return text
    }

    /// The first lines of a stream: when to come again, and from where if nothing happens before.
    static func opening(at id: String) -> ByteBuffer {
        ByteBuffer(string: "retry: 1000\nid: \(id)\n\n")
    }

    /// What the client had last is not kept any more, or is none of ours: it must load everything anew.
    static func reset(at id: String) -> ByteBuffer {
        ByteBuffer(string: "retry: 1000\nid: \(id)\nevent: reset\ndata: {}\n\n")
    }

    static let heartbeat = ByteBuffer(string: ":\n\n")
}
