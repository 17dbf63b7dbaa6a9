import HTTPTypes
import Triage

/// Finds out who makes a request.
struct Authenticator: Sendable {
    let tokens: TokenService
    let users: UserStore
    let access: AccessStore
    let apiKeys: APIKeyStore

    /// The user of the request's access token, who may be gone or inactive by now: whoever goes on asks Postgres.
    ///
    /// - Throws: 401, worded as simplejwt words it.
    func user(of request: APIRequest) async throws -> UserID {
        guard let user = try await claims(of: request).user else { throw Self.notValid(.invalid) }
        request.context.subject.note(user: user)
        return user
    }

    /// What the request's access token says.
    ///
    /// - Throws: 401, worded as simplejwt words it.
    func claims(of request: APIRequest) async throws -> TokenClaims {
        guard let token = try Self.bearerToken(request.headers) else {
            throw APIError.unauthorized("Authentication credentials were not provided.")
        }
        do {
            return try await tokens.check(token, as: .access)
        } catch let error as TokenError {
            throw Self.notValid(error)
        }
    }

    /// The signed-in user, with all organisations.
    func account(of request: APIRequest) async throws -> User {
        guard let account = try await users.account(try await user(of: request)) else { throw Self.unknown }
        guard account.isActive else { throw Self.inactive }
        return account.user
    }

    /// The user as a member of that organisation; one round trip.
    ///
    /// - Throws: 404 when they are none, as for an organisation that does not exist; 403 for too low a role.
    func member(_ role: Role, of organization: OrganizationID, by request: APIRequest) async throws -> Principal {
        let user = try await user(of: request)
        let standing = try await access.standing(of: user, in: organization)
        let principal = try Self.principal(user, standing, orMissing: "Organization")
        request.context.subject.note(organization: organization)
        try principal.require(role)
        return principal
    }

    /// - Parameter entity: what is missing for whoever is no member.
    static func principal(
        _ user: UserID, _ standing: AccessStore.Standing?, orMissing entity: String
    ) throws -> Principal {
        guard let standing, standing.isActive, let role = standing.role else {
            throw refusal(of: standing, orMissing: entity)
        }
        return Principal(user: user, role: role)
    }

    /// What somebody is told who may not, being that.
    static func refusal(of standing: AccessStore.Standing?, orMissing entity: String) -> APIError {
        guard let standing else { return unknown }
        guard standing.isActive else { return inactive }
        return standing.role == nil ? .notFound(entity) : .roleTooLow
    }

    private static let unknown = APIError.unauthorized("User not found", extra: [("code", "user_not_found")])
    private static let inactive = APIError.unauthorized("User is inactive", extra: [("code", "user_inactive")])

    /// The organisation whose ingest key the request carries; nil when it carries none.
    ///
    /// - Throws: 401 when there is no such key, or it is not for sending tickets in.
    func ingestOrganization(of request: APIRequest) async throws -> OrganizationID? {
        guard let key = request.headers[.xAPIKey] else { return nil }
        guard (1...RequestLimits.credentialBytesMax).contains(key.utf8.count),
            let organization = try await apiKeys.organization(of: key, scope: .ingest)
        else { throw APIError.unauthorized("Invalid API key.", extra: [("code", "api_key_not_valid")]) }
        request.context.subject.note(organization: organization)
        return organization
    }

    /// Nil when there is no `Authorization: Bearer …` at all; other schemes count as none.
    private static func bearerToken(_ headers: HTTPFields) throws -> String? {
        guard let value = headers[.authorization] else { return nil }
        let parts = value.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
        guard let scheme = parts.first, scheme.elementsEqual("Bearer".utf8) else { return nil }
        guard parts.count == 2 else {
            throw APIError.unauthorized(
                "Authorization header must contain two space-delimited values",
                extra: [("code", "bad_authorization_header")])
        }
        return String(Substring(parts[1]))
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
