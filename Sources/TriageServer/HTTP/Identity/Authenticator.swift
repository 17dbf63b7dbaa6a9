import HTTPTypes
import Triage

/// Finds out who makes a request.
struct Authenticator: Sendable {
    let tokens: TokenService
    let users: UserStore
    let apiKeys: APIKeyStore

    /// The user of the request's access token; one query.
    ///
    /// - Throws: 401, worded as simplejwt words it.
    func principal(of request: APIRequest) async throws -> Principal {
        guard let token = try Self.bearerToken(request.headers) else {
            throw APIError.unauthorized("Authentication credentials were not provided.")
        }
        let claims: TokenClaims
        do {
            claims = try await tokens.check(token, as: .access)
        } catch let error as TokenError {
            throw Self.notValid(error)
        }
        guard let id = claims.user, let account = try await users.account(id) else {
            throw APIError.unauthorized("User not found", extra: [("code", "user_not_found")])
        }
        guard account.isActive else {
            throw APIError.unauthorized("User is inactive", extra: [("code", "user_inactive")])
        }
        return Principal(user: account.user)
    }

    /// The organisation whose ingest key the request carries; nil when it carries none.
    ///
    /// - Throws: 401 when there is no such key, or it is not for sending tickets in.
    func ingestOrganization(of request: APIRequest) async throws -> OrganizationID? {
        guard let key = request.headers[.xAPIKey] else { return nil }
        guard (1...RequestLimits.credentialBytesMax).contains(key.utf8.count),
            let organization = try await apiKeys.organization(of: key, scope: .ingest)
        else { throw APIError.unauthorized("Invalid API key.", extra: [("code", "api_key_not_valid")]) }
        return organization
    }

    /// Nil when there is no `Authorization: Bearer …` at all; other schemes count as none.
    private static func bearerToken(_ headers: HTTPFields) throws -> String? {
        guard let value = headers[.authorization] else { return nil }
        let parts = value.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let scheme = parts.first, scheme == "Bearer" else { return nil }
        guard parts.count == 2 else {
            throw APIError.unauthorized(
                "Authorization header must contain two space-delimited values",
                extra: [("code", "bad_authorization_header")])
        }
        return String(parts[1])
    }

    private static func notValid(_ error: TokenError) -> APIError {
        .unauthorized(
            "Given token not valid for any token type",
            extra: [
                ("code", "token_not_valid"),
                (
                    "messages",
                    [["token_class": "AccessToken", "token_type": "access", "message": .string(error.message)]]
                ),
            ])
    }
}
