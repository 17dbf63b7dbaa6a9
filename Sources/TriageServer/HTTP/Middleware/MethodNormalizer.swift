import HTTPTypes
import Hummingbird

/// Stands before the router and gives methods that it has no entry for (`PROPFIND`) the name of one that no route has, so that
/// they get their path's 405 instead of a 404.
package struct MethodNormalizer<Next: HTTPResponder>: HTTPResponder where Next.Context == APIContext {
    let next: Next

    package func respond(to request: Request, context: APIContext) async throws -> Response {
        if HTTPRequest.Method.routed.contains(request.method) {
            return try await next.respond(to: request, context: context)
        }
        var context = context
        context.methodAsSent = request.method.rawValue
        var head = request.head
        head.method = .trace
        return try await next.respond(to: Request(head: head, body: request.body), context: context)
    }
}

extension HTTPRequest.Method {
    /// The methods that every path has an answer for, be it 405.
    static let routed: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
}
