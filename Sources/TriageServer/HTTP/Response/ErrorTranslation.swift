import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Triage

/// What each kind of failure becomes for the client.
enum ErrorTranslation {
    /// Seconds until a client should ask again when Postgres is away: pools retry by themselves within that time.
    static let retryAfterSeconds = 2

    static func apiError(for error: any Error, logger: Logger) -> APIError {
        switch error {
        case let error as APIError: return error
        case let error as StoreError: return apiError(for: error, entity: nil, teamField: "assigned_team")
        case let error as TokenError:
            return .unauthorized(error.message, extra: [("code", "token_not_valid")])
        case is PasswordHasher.Overloaded:
            return .unavailable("Too many sign-ins at once. Try again shortly.", retryAfterSeconds: 1)
        case is MemoryBudget.Exhausted:
            return .unavailable(
                "Large requests of others take all the memory that there is for them. Try again shortly.",
                retryAfterSeconds: 1)
        case let error as any HTTPResponseError:
            // The router's own: no route has that path.
            return error.status == .notFound ? .noRoute : APIError(error.status, error.status.reasonPhrase)
        case is HTTPParserError: return APIError(.badRequest, "The request's body is not well-formed HTTP.")
        default: break
        }
        if StoreAvailability.isCancellation(error) {
            return .unavailable("The server is stopping.", retryAfterSeconds: retryAfterSeconds)
        }
        if StoreAvailability.isHeld(error) {
            return .unavailable(
                "Another request holds what this one needs. Try again shortly.", retryAfterSeconds: retryAfterSeconds)
        }
        if StoreAvailability.isStopped(error) {
            logger.warning("statement stopped", metadata: ["error": .string(StoreAvailability.loggable(error))])
            return .unavailable(
                "The database was told to stop before this was done. Try again shortly.",
                retryAfterSeconds: retryAfterSeconds)
        }
        if StoreAvailability.isUnavailable(error) {
            logger.warning("database unavailable", metadata: ["error": .string(StoreAvailability.loggable(error))])
            return .unavailable(
                "The database is not available. Try again shortly.", retryAfterSeconds: retryAfterSeconds)
        }
        if StoreAvailability.mayRepeat(error) {
            logger.warning("transactions collided", metadata: ["error": .string(StoreAvailability.loggable(error))])
            return .unavailable("Another change came in between. Try again.", retryAfterSeconds: 1)
        }
        logger.error("request failed", metadata: ["error": .string(StoreAvailability.loggable(error))])
        return .internalError
    }

    /// - Parameters:
    ///   - entity: what the id in question names, e.g. "Ticket".
    ///   - teamField: the field that a team's name came in.
    static func apiError(for error: StoreError, entity: String?, teamField: String) -> APIError {
        switch error {
        case .notFound: entity.map { .notFound($0) } ?? .noRoute
        case .mayNot(let standing): Authenticator.refusal(of: standing, orMissing: "Organization")
        case .versionMismatch: .preconditionFailed
        case .unknownTeam(let name): .invalid(teamField, BodyFields.Message.choice(String(name.prefix(100))))
        case .alreadyDecided(let status): APIError(.conflict, "This suggestion has already been \(status.rawValue).")
        case .decidedOtherwise(let status):
            APIError(.conflict, "This suggestion has already been \(status.rawValue) with other values.")
        case .ticketChanged(let fields):
            APIError(
                .conflict,
                .detail(
                    "The ticket was changed since the suggestion was made: \(fields.joined(separator: ", ")). "
                        + "Send \"force\": true to apply it anyway.",
                    extra: [("fields", .array(fields.map(JSONValue.string)))]))
        case .idempotencyKeyReused:
            APIError(.unprocessableContent, "This Idempotency-Key was already used with another request.")
        case .duplicate(let field): .invalid(field, "This \(field) is already taken.")
        case .requestInFlight:
            APIError(
                .conflict, .detail("The first request with this Idempotency-Key has not ended yet. Try again shortly."),
                headers: [.retryAfter: "1"])
        case .tooMany(let what, let countMax):
            .invalid(APIError.nonField, "An organization has at most \(countMax) \(what). Remove one first.")
        case .inUse(let what, let uses):
            APIError(
                .conflict,
                .detail(
                    "This \(what) is in use by \(uses.joined(separator: ", ")). Rename it, or change those first.",
                    extra: [("used_by", .array(uses.map(JSONValue.string)))]))
        case .emptyRule: .invalid(APIError.nonField, "Either team or priority is required.")
        case .unknownUser(let id): .invalid("user_id", "Invalid pk \"\(id)\" - object does not exist.")
        case .alreadyMember: .invalid("user_id", "This user is already a member.")
        case .lastAdmin:
            APIError(.conflict, "An organization needs an admin. Give another member that role first.")
        }
    }

    /// Runs a store's call, naming what it may fail to find.
    static func naming<Result>(
        _ entity: String, teamField: String = "assigned_team", isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as StoreError {
            throw apiError(for: error, entity: entity, teamField: teamField)
        }
    }
}
