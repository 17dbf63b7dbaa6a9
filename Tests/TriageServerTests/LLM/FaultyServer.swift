import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on a real loopback socket that answers every request in one given way, right or wrong, byte for byte, and
/// keeps the requests.
final class FaultyServer: Sendable {
    enum Behaviour: Sendable {
        /// Reads the request and stays silent.
        case silence
        /// Sends these bytes and leaves the connection open.
        case bytes(String)
        /// Sends these bytes and closes the connection.
        case bytesAndEnd(String)
        /// Sends an answer's head, then one byte after another without end.
        case drip
        /// Sends an answer's head, then as much as the client takes, without end.
        case flood
    }

    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: String
    }

    let port: Int
    private let channel: any Channel
    private let inbox: Inbox

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { inbox.requests.withLock { $0 } }

    private init(channel: any Channel, port: Int, inbox: Inbox) {
        self.channel = channel
        self.port = port
        self.inbox = inbox
    }

    /// Runs `body` with a server that is closed afterwards, however the body ends.
    static func run<Result>(_ behaviour: Behaviour, _ body: (FaultyServer) async throws -> Result) async throws
        -> Result
    {
        let inbox = Inbox()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder()), Misbehaviour(behaviour: behaviour, inbox: inbox),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = FaultyServer(channel: channel, port: channel.localAddress?.port ?? 0, inbox: inbox)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// A well-formed answer.
    static func answer(_ body: String, status: String = "200 OK", type: String = "application/json") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

/// The requests of all connections.
private final class Inbox: Sendable {
    let requests = Mutex<[FaultyServer.Request]>([])
}

private final class Misbehaviour: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let behaviour: FaultyServer.Behaviour
    private let inbox: Inbox
    private var head: HTTPRequestHead?
    private var body = ""

    init(behaviour: FaultyServer.Behaviour, inbox: Inbox) {
        self.behaviour = behaviour
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ""
        case .body(let bytes): body += String(buffer: bytes)
        case .end:
            guard let head else { return }
            inbox.requests.withLock { $0.append(FaultyServer.Request(head: head, body: body)) }
            misbehave(context)
        }
    }

    private func misbehave(_ context: ChannelHandlerContext) {
        switch behaviour {
        case .silence: break
        case .bytes(let text): write(text, context)
        case .bytesAndEnd(let text):
            write(text, context)
            context.close(promise: nil)
        case .drip:
            write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", context)
            more("1\r\n \r\n", after: .milliseconds(5), context)
        case .flood:
            write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", context)
            more("10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n", after: .zero, context)
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    /// Writes again as soon as the last write is through, until the client hangs up.
    private func more(_ chunk: String, after delay: TimeAmount, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: chunk))).whenSuccess {
            let (handler, context) = bound.value
            context.eventLoop.assumeIsolated().scheduleTask(in: delay) { handler.more(chunk, after: delay, context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
