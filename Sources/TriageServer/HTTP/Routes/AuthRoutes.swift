import FoundationEssentials
import Hummingbird
import Logging
import Triage

/// `/api/auth/…`: signing in, staying signed in, signing out.
struct AuthRoutes: Sendable {
    static let username = BodyFields.TextRule(charactersMax: AccountRules.Limits.usernameCharactersMax)
    static let password = BodyFields.TextRule(
        charactersMax: AccountRules.Limits.passwordCharactersMax, trims: false)
    static let token = BodyFields.TextRule(charactersMax: RequestLimits.credentialBytesMax)

    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/api/auth/token", .signIn, bodyBytesMax: RequestLimits.smallBodyBytesMax, handler: signIn),
            Endpoint(
                .post, "/api/auth/token/refresh", .refreshToken, bodyBytesMax: RequestLimits.smallBodyBytesMax,
                handler: refresh),
            Endpoint(
                .post, "/api/auth/token/verify", .verifyToken, bodyBytesMax: RequestLimits.smallBodyBytesMax,
                handler: verify),
            Endpoint(
                .post, "/api/auth/logout", .signOut, bodyBytesMax: RequestLimits.smallBodyBytesMax, handler: signOut),
        ]
    }

    @Sendable private func signIn(_ request: APIRequest) async throws -> Response {
        var fields = try await request.fields()
        // As names are kept: one that is typed in another of Unicode's forms is the same.
        let username = AccountRules.normalized(username: fields.requiredText("username", Self.username))
        let password = fields.requiredText("password", Self.password)
        try fields.check()
        let attempt = SignInFailureStore.Attempt(username: username, address: request.clientAddress)
        // Before the password is looked at, and for unknown names, too: whoever is throttled learns nothing.
        try refuseThrottled(try await services.signInFailures.secondsThrottled(attempt), request)
        let account = try await services.users.account(named: username)
        // Checked also when there is no such user, so that the time taken does not tell which names exist.
        let matches = try await services.passwords.verify(password, against: account?.passwordHash)
        guard matches, let account, account.isActive else {
            try refuseThrottled(try await services.signInFailures.recordFailure(attempt), request)
            throw APIError.unauthorized("No active account found with the given credentials")
        }
        request.context.subject.note(user: account.user.id)
        try refuseThrottled(try await services.signInFailures.recordSuccess(attempt), request)
        try await rehash(password, of: account)
        let pair = try await issuePair(for: account.user.id)
        try await services.refreshTokens.begin(pair.entry)
        return pair.answer
    }

    private func refuseThrottled(_ seconds: Int?, _ request: APIRequest) throws {
        guard let seconds else { return }
        request.logger.warning(
            "sign-in throttled", metadata: ["client_address": "\(request.clientAddress ?? "unknown")"])
        // Worded as Django REST Framework words it.
        throw APIError.tooManyRequests(
            "Request was throttled. Expected available in \(seconds) second\(seconds == 1 ? "" : "s").",
            retryAfterSeconds: seconds)
    }

    /// Replaces a hash that was carried over, or is cheaper than today's.
    private func rehash(_ password: String, of account: UserStore.Account) async throws {
        guard services.passwords.needsRehash(account.passwordHash) else { return }
        let hash: String
        do {
            hash = try await services.passwords.hash(password)
        } catch is PasswordHasher.Overloaded {
            // The next sign-in does it.
            return
        }
        try await services.users.replacePasswordHash(account.passwordHash, with: hash, of: account.user.id)
    }

    @Sendable private func refresh(_ request: APIRequest) async throws -> Response {
        let claims = try await services.tokens.check(try await token(in: "refresh", of: request), as: .refresh)
        guard let user = claims.user, let account = try await services.users.account(user), account.isActive else {
            throw APIError.unauthorized(
                "No active account found for the given token.", extra: [("code", "no_active_account")])
        }
        request.context.subject.note(user: user)
        let pair = try await issuePair(for: user)
        switch try await services.refreshTokens.rotate(claims.id, to: pair.entry) {
        case .rotated: return pair.answer
        case .reused:
            request.logger.warning("refresh token reused; its family is revoked", metadata: ["user": "\(user)"])
            throw TokenError.revoked
        case .unknown: throw TokenError.invalid
        }
    }

    @Sendable private func verify(_ request: APIRequest) async throws -> Response {
        let claims = try await services.tokens.check(try await token(in: "token", of: request), as: nil)
        if claims.kind == .refresh, try await !services.refreshTokens.isUsable(claims.id) {
            throw TokenError.revoked
        }
        return .json { $0.object { _ in } }
    }

    @Sendable private func signOut(_ request: APIRequest) async throws -> Response {
        let claims = try await services.tokens.check(try await token(in: "refresh", of: request), as: .refresh)
        guard try await services.refreshTokens.revokeFamily(of: claims.id) else { throw TokenError.invalid }
        return .noContent
    }

    private func token(in field: String, of request: APIRequest) async throws -> String {
        var fields = try await request.fields()
        let token = fields.requiredText(field, Self.token)
        try fields.check()
        return token
    }

    /// A refresh and an access token, and the row that makes the first one usable.
    private func issuePair(for user: UserID) async throws -> (answer: Response, entry: RefreshTokenStore.Entry) {
        let refresh = try await services.tokens.issue(.refresh, for: user)
        let access = try await services.tokens.issue(.access, for: user)
        let answer = Response.json { json in
            json.object { json in
                json.field("refresh", refresh.token)
                json.field("access", access.token)
            }
        }
        let entry = RefreshTokenStore.Entry(
            id: refresh.claims.id, user: user,
            expiresAt: Date(timeIntervalSince1970: Double(refresh.claims.expiresAt)))
        return (answer, entry)
    }
}
