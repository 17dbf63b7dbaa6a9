import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore
import NIOHTTP1

/// Turns whatever a handler throws into an answer of the contract. What is not expected becomes a 500 that says nothing
/// of the inside; the log line has the error.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            guard request.head.path?.utf8.count ?? 0 <= RequestLimits.targetBytesMax else {
                throw APIError(
                    .uriTooLong, "Path and query have more than \(RequestLimits.targetBytesMax) bytes.")
            }
            return try await next(request, context)
        } catch {
            let form = APIError.Form(accept: request.headers[.accept])
            var logger = context.logger
            for (key, value) in context.subject.metadata { logger[metadataKey: key] = value }
            var response = ErrorTranslation.apiError(for: error, logger: logger)
                .response(in: form, path: request.uri.path, requestID: context.requestID)
            // Where the next request would begin is unknown.
            if error is HTTPParserError { response.headers[.connection] = "close" }
            return response
        }
    }
}
