import Crypto
import FoundationEssentials
import JWTKit
import Triage

/// What a token of ours says. Names as djangorestframework-simplejwt has them.
package struct TokenClaims: JWTPayload, Equatable {
    package enum Kind: String, Sendable, Codable {
        case access, refresh

        /// simplejwt's class of that name, for error messages.
        var className: String { self == .access ? "AccessToken" : "RefreshToken" }
    }

    package var kind: Kind
    /// Seconds since 1970.
    package var expiresAt: Int64
    package var issuedAt: Int64
    package var id: String
    package var issuer: String
    package var audience: String
    package var userID: String

    package enum CodingKeys: String, CodingKey {
        case kind = "token_type"
        case expiresAt = "exp"
        case issuedAt = "iat"
        case id = "jti"
        case issuer = "iss"
        case audience = "aud"
        case userID = "user_id"
    }

    /// Nothing: `TokenService` checks the claims, by its own clock.
    package func verify(using algorithm: some JWTAlgorithm) {}

    /// Nil for anything but a positive whole number as we write it.
    package var user: UserID? {
        guard let id = Int64(userID), id > 0, String(id) == userID else { return nil }
        return UserID(id)
    }
}

/// Why a token is not accepted. The messages are simplejwt's.
package enum TokenError: Error, Sendable, Equatable {
    case invalid, expired, wrongType
    /// A refresh token that was used before, or whose family was revoked.
    case revoked

    package var message: String {
        switch self {
        case .invalid: "Token is invalid"
        case .expired: "Token is expired"
        case .wrongType: "Token has wrong type"
        case .revoked: "Token is blacklisted"
        }
    }
}

/// Issues and checks the JSON Web Tokens of sign-in: HS256, one key, every claim checked.
///
/// An access token is good until it expires, also after its user has signed out: nothing is looked up for it but whether
/// the user is active. Its short life bounds that. Signing out and rotation revoke refresh tokens (`RefreshTokenStore`).
package struct TokenService: Sendable {
    package enum Limits {
        package static let secretBytesMin = 32
        package static let tokenBytesMax = RequestLimits.credentialBytesMax
        /// How far ahead of ours another server's clock may be, in seconds.
        package static let clockSkewSeconds: Int64 = 300
    }

    package struct Lifetimes: Sendable {
        package var access: Duration
        package var refresh: Duration

        package init(access: Duration = .seconds(600), refresh: Duration = .seconds(7 * 86_400)) {
            self.access = access
            self.refresh = refresh
        }
    }

    package enum SetUpError: Error, CustomStringConvertible {
        case shortSecret(bytes: Int)

        package var description: String {
            switch self {
            case .shortSecret(let bytes):
                "the token secret has \(bytes) bytes and needs \(Limits.secretBytesMin); make one with `openssl rand -base64 48`"
            }
        }
    }

    package let issuer: String
    package let audience: String
    package let lifetimes: Lifetimes
    /// Names the key in every token's header: the beginning of its SHA-256.
    package let keyID: String
    private let keys: JWTKeyCollection
    private let checked = CheckedTokens()
    private let now: @Sendable () -> Date

    /// - Throws: `SetUpError.shortSecret`.
    package init(
        secret: [UInt8], issuer: String = "nexify", audience: String = "nexify-api", lifetimes: Lifetimes = .init(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        guard secret.count >= Limits.secretBytesMin else { throw SetUpError.shortSecret(bytes: secret.count) }
        self.issuer = issuer
        self.audience = audience
        self.lifetimes = lifetimes
        self.now = now
        keyID = Hexadecimal.text(SHA256.hash(data: secret).prefix(8))
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256, kid: JWKIdentifier(string: keyID))
    }

    package func issue(_ kind: TokenClaims.Kind, for user: UserID) async throws -> (token: String, claims: TokenClaims)
    {
        let issuedAt = Int64(now().timeIntervalSince1970)
        let claims = TokenClaims(
            kind: kind, expiresAt: issuedAt + lifetime(of: kind), issuedAt: issuedAt,
            id: RandomToken.hexadecimal(bytes: 16), issuer: issuer, audience: audience, userID: String(user.rawValue))
        let header: JWTHeader = ["alg": "HS256", "typ": "JWT", "kid": .string(keyID)]
        return (try await keys.sign(claims, kid: JWKIdentifier(string: keyID), header: header), claims)
    }

    /// In seconds.
    private func lifetime(of kind: TokenClaims.Kind) -> Int64 {
        (kind == .access ? lifetimes.access : lifetimes.refresh).components.seconds
    }

    /// - Parameter kind: nil takes either.
    /// - Throws: `TokenError`.
    package func check(_ token: String, as kind: TokenClaims.Kind?) async throws -> TokenClaims {
        let claims = try await signedClaims(of: token)
        let time = Int64(now().timeIntervalSince1970)
        guard claims.issuer == issuer, claims.audience == audience, !claims.id.isEmpty, claims.user != nil,
            claims.issuedAt <= time + Limits.clockSkewSeconds, claims.issuedAt <= claims.expiresAt,
            // No token of ours lives longer; the sum cannot overflow, since the line above bounds the first term.
            claims.expiresAt <= claims.issuedAt + lifetime(of: claims.kind)
        else { throw TokenError.invalid }
        guard claims.expiresAt > time else { throw TokenError.expired }
        if let kind, claims.kind != kind { throw TokenError.wrongType }
        return claims
    }

    /// What the token says, if it is one that we have signed.
    private func signedClaims(of token: String) async throws -> TokenClaims {
        guard token.utf8.count <= Limits.tokenBytesMax else { throw TokenError.invalid }
        if let known = checked.claims(of: token) { return known }
        guard hasOurForm(token), let claims = try? await keys.verify(token, as: TokenClaims.self) else {
            throw TokenError.invalid
        }
        checked.add(token, claims)
        return claims
    }

    /// Checked before the signature, because the library picks key and algorithm by what it finds here: only exactly the
    /// header that we write is ever looked at further. The library also takes more than one spelling of a signature.
    private func hasOurForm(_ token: String) -> Bool {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let encoded = String(parts[0]), let bytes = Base64URL.decode(encoded),
            let header = try? JSONParser.parse(bytes), let signature = String(parts[2]),
            Base64URL.decode(signature)?.count == SHA256.byteCount
        else { return false }
        return header == ["alg": "HS256", "typ": "JWT", "kid": .string(keyID)]
    }
}
