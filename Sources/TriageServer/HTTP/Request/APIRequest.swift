import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Triage

/// One request as a handler sees it.
package struct APIRequest: Sendable {
    package let request: Request
    package let context: APIContext
    package let query: QueryParameters
    /// Before the path of absolute links: scheme and host.
    package let origin: String
    /// When it came to its route.
    let beginning = ContinuousClock.now
    private let bodyBytesMax: Int
    /// Who watches over the body's arrival, and how long that may take.
    private let arrival: (deadlines: Deadlines, time: Duration)
    /// The memory for what is large.
    package let memory: (bodies: MemoryBudget, answers: MemoryBudget)
    /// The whole body, once it has been waited for.
    private var received: Received?

    /// A body, counted for as long as anybody knows it.
    private struct Received {
        var bytes: [UInt8] = []
        var share: MemoryBudget.Share?
    }

    package init(
        _ request: Request, _ context: APIContext, bodyBytesMax: Int,
        arrival: (deadlines: Deadlines, time: Duration), memory: (bodies: MemoryBudget, answers: MemoryBudget),
        publicURL: String?
    ) {
        self.request = request
        self.context = context
        self.bodyBytesMax = bodyBytesMax
        self.arrival = arrival
        self.memory = memory
        query = QueryParameters(request.uri.query)
        origin = publicURL ?? context.scheme + "://" + Self.saneHost(request.head.authority)
    }

    package var headers: HTTPFields { request.headers }
    package var logger: Logger { context.logger }

    /// The address that limits count by: the connection's peer, or whom a trusted proxy names; nil where there is none.
    package var clientAddress: String? { context.clientAddress }

    /// An id in the path. One that no row can have is answered as a missing one.
    ///
    /// - Throws: 404 when it is no whole number.
    package func identifier<Entity>(_ name: String, of entity: String) throws -> Identifier<Entity> {
        guard let text = context.parameters[name[...]], !text.isEmpty,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw APIError.noRoute }
        guard let value = Int64(text) else { throw APIError.notFound(entity) }
        return Identifier(value)
    }

    /// A list's page, with its neighbours' links.
    package func links(_ page: PageRequest, count: Int) throws -> PageLinks {
        try page.check(count: count)
        return PageLinks(page, count: count, base: origin + request.uri.path, query: query)
    }

    /// Host and port as the client named them, or `localhost` when that is no host name: what is reflected in links must
    /// not be able to carry anything else.
    private static func saneHost(_ authority: String?) -> String {
        guard let authority, (1...255).contains(authority.utf8.count),
            authority.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                    UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            })
        else { return "localhost" }
        return authority
    }
}

extension APIRequest {
    /// The body as JSON; no body at all is an object without members.
    ///
    /// - Throws: 400, 408, 413, 415 or 503.
    package func json() async throws -> JSONValue {
        let received = try await body()
        if received.bytes.isEmpty { return .object([:]) }
        try checkContentType()
        do {
            return try JSONParser.parse(received.bytes)
        } catch {
            throw APIError(.badRequest, error.detail)
        }
    }

    package func fields() async throws -> BodyFields { try BodyFields(try await json()) }

    private func checkContentType() throws {
        let contentType = headers[.contentType] ?? ""
        let parts = contentType.lowercased().split(separator: ";").map { String($0).trimmingWhitespace() }
        let isUTF8 = parts.dropFirst().allSatisfy { parameter in
            !parameter.hasPrefix("charset=") || ["charset=utf-8", "charset=\"utf-8\""].contains(parameter)
        }
        guard parts.first == "application/json", isUTF8 else {
            throw APIError(
                .unsupportedMediaType, "Unsupported media type \"\(contentType.prefix(100))\" in request.")
        }
    }

    /// The same request with its whole body. A body may take half a minute to come: who somebody is, is to be asked after
    /// that, so that it still holds when the handler acts.
    ///
    /// - Throws: 408, 413 or 503.
    package func withBody() async throws -> APIRequest {
        var whole = self
        whole.received = try await body()
        return whole
    }

    /// Whether the client says that it sends more than a little, or does not say how much.
    package var announcesMuch: Bool {
        if headers[.transferEncoding] != nil { return true }
        return headers[.contentLength].map { Int($0).map(memory.bodies.counts) ?? true } ?? false
    }

    /// Never holds more than the limit; gives up when the body takes too long to arrive.
    private func body() async throws -> Received {
        if let received { return received }
        if headers[.contentLength] == nil, headers[.transferEncoding] == nil { return Received() }
        if let text = headers[.contentLength], let length = Int(text) {
            if length == 0 { return Received() }
            if length > bodyBytesMax { throw APIError.tooLarge(bytesMax: bodyBytesMax) }
        }
        let body = request.body
        let bytesMax = bodyBytesMax
        let share = memory.bodies.share()
        return try await arrival.deadlines.bound(
            within: arrival.time, on: LoopTaskExecutor.current, orElse: .bodyTookTooLong
        ) {
            var received = Received(share: share)
            for try await part in body {
                let count = received.bytes.count + part.readableBytes
                guard count <= bytesMax else { throw APIError.tooLarge(bytesMax: bytesMax) }
                try share.hold(count)
                received.bytes.append(contentsOf: part.readableBytesView)
            }
            return received
        }
    }
}
