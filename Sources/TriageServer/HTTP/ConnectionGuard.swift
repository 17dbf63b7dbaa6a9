import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Ends connections that cost without asking anything: a head that does not come, an answer that is not read, a body that
/// goes on after its answer. Answers what is no HTTP in the contract's form, and asks for bodies that wait to be asked for.
///
/// Hummingbird's own idle time does the rest: it ends connections between two requests.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a client may leave an answer unread, once it no longer fits into the connection's buffers.
    static let unread = TimeAmount.seconds(30)
    /// How long the rest of a request is read and dropped after its answer: a connection closed under a client that still
    /// sends would take the answer with it.
    static let lingering = TimeAmount.seconds(3)

    private enum Wait: Hashable {
        case head, reader, rest
    }

    private let headArrival: TimeAmount
    private let logger: Logger
    private var progress = ConnectionProgress()
    private var waits: [Wait: Scheduled<Void>] = [:]
    private var hasFailed = false

    init(headArrival: TimeAmount, logger: Logger) {
        self.headArrival = headArrival
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { closeUnless(.head, within: headArrival, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancelAll() }

    func channelActive(context: ChannelHandlerContext) {
        closeUnless(.head, within: headArrival, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancelAll()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            cancel(.head)
            let mayGoOn = progress.isIdle && Self.asksForBody(head.headerFields)
            progress.requestBegins()
            // Whoever waits for that before they send their body would else wait until they lose patience.
            if mayGoOn { context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil) }
        case .body: break
        case .end:
            cancel(.rest)
            progress.requestEnds()
        }
        context.fireChannelRead(data)
    }

    /// Whether the client waits to be told to send its body, and that is not too large for any route.
    private static func asksForBody(_ headers: HTTPFields) -> Bool {
        guard headers[.expect]?.lowercased() == "100-continue" else { return false }
        if headers[.transferEncoding] != nil { return true }
        return headers[.contentLength].flatMap { Int($0) }.map {
            (1...RequestLimits.documentBodyBytesMax).contains($0)
        } ?? false
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !progress.isAnsweringTwice else {
            promise?.succeed()
            return context.close(promise: nil)
        }
        if case .end = unwrapOutboundIn(data) {
            progress.responseEnds()
            if progress.isSendingInVain { closeUnless(.rest, within: Self.lingering, context) }
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { cancel(.reader) } else { closeUnless(.reader, within: Self.unread, context) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        switch progress.fault() {
        case .forward: context.fireErrorCaught(error)
        case .close: context.close(promise: nil)
        case .answer:
            // Every further byte is an error of its own; the first has the answer.
            if !hasFailed { answer(error, context) }
            hasFailed = true
        }
    }

    private func answer(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        cancel(.head)
        let isTooLong = error == .headerOverflow
        let status: HTTPResponse.Status = isTooLong ? .requestHeaderFieldsTooLarge : .badRequest
        let requestID = RequestIdentity.choose(client: nil)
        var json = JSONWriter(capacity: 64)
        json.object { json in
            json.field(
                "detail",
                isTooLong ? "The request's header fields are too large." : "The request is not well-formed HTTP.")
        }
        var headers: HTTPFields = [
            .contentType: "application/json", .contentLength: String(json.buffer.readableBytes), .connection: "close",
            .xRequestID: requestID,
        ]
        SecurityHeaders.add(to: &headers)
        logger.info(
            "not HTTP", metadata: ["request_id": .string(requestID), "status": .stringConvertible(status.code)])
        context.write(wrapOutboundOut(.head(HTTPResponse(status: status, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(json.buffer)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
        closeUnless(.rest, within: Self.lingering, context)
    }

    private func closeUnless(_ wait: Wait, within time: TimeAmount, _ context: ChannelHandlerContext) {
        guard waits[wait] == nil else { return }
        waits[wait] = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }

    private func cancel(_ wait: Wait) { waits.removeValue(forKey: wait)?.cancel() }

    private func cancelAll() {
        for wait in waits.values { wait.cancel() }
        waits = [:]
    }
}
