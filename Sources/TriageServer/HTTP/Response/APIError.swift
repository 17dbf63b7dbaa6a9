import HTTPTypes
import Triage

/// An answer that says no: what a handler throws, and what `ErrorMiddleware` writes in the contract's shape.
///
/// Thrown untyped on purpose: typed throws of a structure this large, inlined into an async function, crash the optimiser
/// of Swift 6.3.1 (“While splitting coroutine”).
package struct APIError: Error, Sendable {
    package enum Body: Sendable {
        /// `{field: [messages]}`, in the order the fields were checked. `non_field_errors` is a field here.
        case fields([FieldError])
        /// `{"detail": message}` and further members after it.
        case detail(String, extra: [(name: String, value: JSONValue)] = [])
        /// A body that the contract spells out otherwise.
        case exact(JSONValue)
    }

    package struct FieldError: Sendable, Equatable {
        package var field: String
        package var messages: [String]

        package init(field: String, messages: [String]) {
            self.field = field
            self.messages = messages
        }
    }

    package var status: HTTPResponse.Status
    package var body: Body
    package var headers: HTTPFields

    package init(_ status: HTTPResponse.Status, _ body: Body, headers: HTTPFields = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    package init(_ status: HTTPResponse.Status, _ detail: String) { self.init(status, .detail(detail)) }
}

extension APIError {
    package static func invalid(_ field: String, _ message: String) -> APIError {
        APIError(.badRequest, .fields([FieldError(field: field, messages: [message])]))
    }

    package static func invalid(_ errors: [FieldError]) -> APIError { APIError(.badRequest, .fields(errors)) }

    /// The field name of errors that belong to the object as a whole.
    package static let nonField = "non_field_errors"

    /// The one answer for an id that does not exist, was deleted, or is another organisation's: byte for byte the same.
    package static func notFound(_ entity: String) -> APIError {
        APIError(.notFound, "No \(entity) matches the given query.")
    }

    /// A path that no route answers.
    package static let noRoute = APIError(.notFound, "Not found.")
    package static let roleTooLow = APIError(.forbidden, "You do not have permission to perform this action.")
    package static let tookTooLong = APIError.unavailable(
        "The request took too long and was given up.", retryAfterSeconds: ErrorTranslation.retryAfterSeconds)
    package static let bodyTookTooLong = APIError(.requestTimeout, "The request body did not arrive in time.")
    package static let internalError = APIError(.internalServerError, "Internal server error")

    package static func unauthorized(_ detail: String, extra: [(name: String, value: JSONValue)] = []) -> APIError {
        APIError(.unauthorized, .detail(detail, extra: extra), headers: [.wwwAuthenticate: "Bearer realm=\"api\""])
    }

    package static func methodNotAllowed(_ method: String, allowed: [HTTPRequest.Method]) -> APIError {
        APIError(
            .methodNotAllowed, .detail("Method \"\(method)\" not allowed."),
            headers: [.allow: allowed.map(\.rawValue).joined(separator: ", ")])
    }

    package static func tooLarge(bytesMax: Int) -> APIError {
        APIError(.contentTooLarge, "The request body is larger than \(bytesMax) bytes.")
    }

    package static func unavailable(_ detail: String, retryAfterSeconds: Int) -> APIError {
        APIError(.serviceUnavailable, .detail(detail), headers: [.retryAfter: String(retryAfterSeconds)])
    }

    package static func tooManyRequests(_ detail: String, retryAfterSeconds: Int) -> APIError {
        APIError(.tooManyRequests, .detail(detail), headers: [.retryAfter: String(retryAfterSeconds)])
    }

    package static let preconditionFailed = APIError(
        .preconditionFailed, "It has changed since the version in If-Match. Read it again first.")
}
