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
        self.handler = handler
    }
}

extension Router<APIContext> {
    /// Adds the endpoints, and for every path a 405 that names the methods it has.
    func add(_ endpoints: [Endpoint], publicURL: String?, times: RequestTimes) {
        for endpoint in endpoints {
            on("\(endpoint.path)", method: endpoint.method) { request, context in
                try await endpoint.respond(
                    to: APIRequest(
                        request, context, bodyBytesMax: endpoint.bodyBytesMax, bodyArrival: times.bodyArrival,
                        publicURL: publicURL), within: times.total)
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
