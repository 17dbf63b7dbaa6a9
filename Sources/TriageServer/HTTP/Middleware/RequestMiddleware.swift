import HTTPTypes
import Hummingbird
import Logging
import Triage

/// The outermost layer: gives the request its id, and the answer its id, security headers, log line and metrics.
struct RequestMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let metrics: HTTPMetrics
    let transport: HTTPTransport
    private let clock = ContinuousClock()

    init(metrics: HTTPMetrics, transport: HTTPTransport) {
        self.metrics = metrics
        self.transport = transport
    }

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = clock.now
        var request = request
        let read = CountedBody.count(&request)
        var context = context
        context.requestID = RequestIdentity.choose(client: request.headers[.xRequestID])
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        context.logger[metadataKey: "hb.request.id"] = nil
        context.resolveClient(request.headers, transport)
        var response = try await next(request, context)
        response.headers[.xRequestID] = context.requestID
        SecurityHeaders.add(to: &response.headers)
        if transport.isHTTPSOnly {
            response.headers[.strictTransportSecurity] = SecurityHeaders.strictTransportSecurity
        }
        let elapsed = clock.now - start
        // One label for everything that is no route, so that scans cannot grow the metrics.
        let pattern = context.endpointPath ?? "NotFound"
        metrics.record(
            method: context.methodAsSent ?? request.method.rawValue, view: pattern, status: response.status.code,
            elapsed: elapsed, requestBytes: read?.bytes ?? 0, responseBytes: response.body.contentLength)
        var metadata = context.subject.metadata
        metadata["method"] = .string(context.methodAsSent ?? request.method.rawValue)
        metadata["route"] = .string(pattern)
        metadata["status"] = .stringConvertible(response.status.code)
        metadata["duration_ms"] = .stringConvertible(elapsed.milliseconds)
        context.logger.info("request", metadata: metadata)
        return response
    }
}

extension HTTPField.Name {
    static let xRequestID = Self("X-Request-ID")!
    static let xAPIKey = Self("X-API-Key")!
    static let idempotencyKey = Self("Idempotency-Key")!
    static let referrerPolicy = Self("Referrer-Policy")!
    static let crossOriginOpenerPolicy = Self("Cross-Origin-Opener-Policy")!
    static let crossOriginResourcePolicy = Self("Cross-Origin-Resource-Policy")!
    static let permissionsPolicy = Self("Permissions-Policy")!
}
