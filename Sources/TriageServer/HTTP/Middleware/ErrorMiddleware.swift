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
            return try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection is beyond repair; the server closes it with a bare 400.
            throw error
        } catch {
            let form = APIError.Form(accept: request.headers[.accept])
            return ErrorTranslation.apiError(for: error, logger: context.logger)
                .response(in: form, path: request.uri.path, requestID: context.requestID)
        }
    }
}
