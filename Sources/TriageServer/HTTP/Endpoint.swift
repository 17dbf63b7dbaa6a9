import HTTPTypes
import Hummingbird

/// One route: what it answers to, how large a body it takes, and what it does.
package struct Endpoint: Sendable {
    package typealias Handler = @Sendable (APIRequest) async throws -> Response

    package var method: HTTPRequest.Method
    /// The pattern, with `{name}` for what varies; also the label of its metrics. Answers with and without a
    /// trailing slash.
    package var path: String
    package var access: Operation.Access
    /// What the OpenAPI document says of it; nil for what is no part of the API: the console's files.
    package var operation: Operation?
    package var bodyBytesMax: Int
    /// Whether it computes or parses for longer than one of NIO's threads may be held.
    package var isLaborious = false
    /// Whether its answer lies in memory anyway.
    package var isStatic = false
    package var handler: Handler

    package init(
        _ method: HTTPRequest.Method, _ path: String, access: Operation.Access = .anybody,
        _ operation: Operation? = nil, bodyBytesMax: Int = RequestLimits.bodyBytesMax, handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.operation = operation
        self.bodyBytesMax = bodyBytesMax
        // A large body is parsed and cut into passages.
        isLaborious = bodyBytesMax > RequestLimits.bodyBytesMax
        self.handler = handler
    }

    /// The same, for a handler that computes.
    func laborious() -> Endpoint {
        var endpoint = self
        endpoint.isLaborious = true
        return endpoint
    }

    /// The same, for what is answered from memory.
    func fromMemory() -> Endpoint {
        var endpoint = self
        endpoint.isStatic = true
        return endpoint
    }

    /// Whether it answers for as long as the client listens.
    fileprivate var isStream: Bool {
        operation?.answers.contains { $0.contentType == ServerSentEvents.contentType } ?? false
    }
}

extension Router<APIContext> {
    /// Adds the endpoints, and for every path a 405 that names the methods it has.
    func add(
        _ endpoints: [Endpoint], publicURL: String?, times: RequestTimes, deadlines: Deadlines
    ) {
        let bodies = MemoryBudget(.bodies)
        let answers = MemoryBudget(.answers)
        for endpoint in endpoints {
            on("\(endpoint.path)", method: endpoint.method) { request, context in
                let request = APIRequest(
                    request, context, bodyBytesMax: endpoint.bodyBytesMax,
                    arrival: (deadlines, times.bodyArrival), memory: (bodies, answers), publicURL: publicURL)
                // Server-Sent Events last as long as somebody listens.
                if endpoint.isStream { return try await endpoint.handler(request) }
                let executor: any TaskExecutor =
                    endpoint.isLaborious ? globalConcurrentExecutor : LoopTaskExecutor.current
                return try await deadlines.bound(within: times.total, on: executor, orElse: .tookTooLong) {
                    let response = try await endpoint.handler(request)
                    // What was done must not be refused, or it is done twice.
                    return endpoint.isStatic
                        ? response : try response.held(by: answers, mayRefuse: endpoint.method == .get)
                }
            }
        }
        for (path, endpoints) in Dictionary(grouping: endpoints, by: \.path) {
            let methods = Set(endpoints.map(\.method))
            // HEAD comes with GET (`autoGenerateHeadEndpoints`).
            let answered = methods.contains(.get) ? methods.union([.head]) : methods
            let allowed = answered.sorted { $0.rawValue < $1.rawValue }
            for method in HTTPRequest.Method.routed.subtracting(answered) {
                on("\(path)", method: method) { request, context -> Response in
                    throw APIError.methodNotAllowed(context.methodAsSent ?? request.method.rawValue, allowed: allowed)
                }
            }
        }
    }
}

extension Response {
    /// The same, its body counted until it is written.
    fileprivate func held(by budget: MemoryBudget, mayRefuse: Bool) throws -> Response {
        guard let length = body.contentLength, budget.counts(length) else { return self }
        let share = budget.share()
        if mayRefuse { try share.hold(length) } else { share.holdRegardless(length) }
        var response = self
        response.body = ResponseBody(contentLength: length) { [body] writer in
            // The end is written when what came before has left, or the connection is lost.
            try await body.write(writer)
            withExtendedLifetime(share) {}
        }
        return response
    }
}
