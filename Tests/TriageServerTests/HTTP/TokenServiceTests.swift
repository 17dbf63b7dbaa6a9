import Crypto
import Foundation
import Testing
import Triage
import TriageServer

@Suite("Tokens")
struct TokenServiceTests {
    private static let secret = Array("0123456789abcdef0123456789abcdef".utf8)
    private static let start = Date(timeIntervalSince1970: 1_700_000_000)

    private func service(
        secret: [UInt8] = secret, issuer: String = "nexify", audience: String = "nexify-api", at date: Date = start
    ) async throws -> TokenService {
        try await TokenService(secret: secret, issuer: issuer, audience: audience, now: { date })
    }

    private func part(_ token: String, _ index: Int) throws -> JSONValue {
        let encoded = String(token.split(separator: ".")[index])
        return try JSONParser.parse(try #require(Base64URL.decode(encoded)))
    }

    /// A token of any header and claims, signed as HS256 would.
    private func forged(header: String, claims: String, secret: [UInt8] = secret, signature: [UInt8]? = nil) -> String {
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        let mac = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: secret))
        return signed + "." + Base64URL.encode(signature ?? Array(mac))
    }

    private func claims(
        kind: String = "access", exp: String = "1700000600", iat: String = "1700000000", jti: String = "\"j\"",
        iss: String = "nexify", aud: String = "\"nexify-api\"", user: String = "\"7\""
    ) -> String {
        "{\"token_type\":\"\(kind)\",\"exp\":\(exp),\"iat\":\(iat),\"jti\":\(jti),\"iss\":\"\(iss)\",\"aud\":\(aud),\"user_id\":\(user)}"
    }

    /// The claims without one of them.
    private func without(_ name: String) throws -> String {
        guard case .object(var members) = try JSONParser.parse(Array(claims().utf8)) else { return "" }
        members[name] = nil
        return String(decoding: try JSONEncoder().encode(JSONValue.object(members)), as: UTF8.self)
    }

    private func sha384(header: String, claims: String) -> String {
        forged(header: header, claims: claims, hash: SHA384.self)
    }
    private func sha512(header: String, claims: String) -> String {
        forged(header: header, claims: claims, hash: SHA512.self)
    }

    /// Signed with the right key by another algorithm.
    private func forged<H: HashFunction>(header: String, claims: String, hash: H.Type) -> String {
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        let mac = HMAC<H>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: Self.secret))
        return signed + "." + Base64URL.encode(Array(mac))
    }

    @Test func issuesWhatTheContractSays() async throws {
        let service = try await service()
        let (token, issued) = try await service.issue(.access, for: UserID(7))
        #expect(try part(token, 0) == ["alg": "HS256", "typ": "JWT", "kid": .string(service.keyID)])
        let payload = try part(token, 1)
        #expect(payload["token_type"] == "access")
        #expect(payload["user_id"] == "7")
        #expect(payload["iat"] == 1_700_000_000)
        #expect(payload["exp"] == 1_700_000_600)
        #expect(payload["iss"] == "nexify")
        #expect(payload["aud"] == "nexify-api")
        #expect(payload["jti"]?.stringValue?.utf8.count == 32)
        #expect(try await service.check(token, as: .access) == issued)
        let refresh = try await service.issue(.refresh, for: UserID(7))
        #expect(refresh.claims.expiresAt == 1_700_000_000 + 7 * 86_400)
        #expect(refresh.claims.id != issued.id)
    }

    @Test func ourOwnForgeryIsAcceptedSoTheOthersFailForTheirFault() async throws {
        let service = try await service()
        let header = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}"
        #expect(try await service.check(forged(header: header, claims: claims()), as: .access).user == UserID(7))
    }

    @Test func refusesForgedHeadersAndKeys() async throws {
        let service = try await service()
        let good = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}"
        let other = Array("ffffffffffffffffffffffffffffffff".utf8)
        let otherKeyID = try await self.service(secret: other).keyID
        let token = forged(header: good, claims: claims())
        let tokens = [
            "", ".", "..", "...", "a.b.c", token + ".x", token + ".", token + "..", "." + token, "x" + token,
            token + "=",
            String(token.dropLast(2)), token.split(separator: ".").dropLast().joined(separator: "."),
            token.split(separator: ".").dropLast().joined(separator: ".") + ".",
            forged(header: good, claims: claims(), signature: []),
            forged(header: good, claims: claims(), secret: other),
            forged(header: "{\"alg\":\"none\",\"typ\":\"JWT\"}", claims: claims(), signature: []),
            forged(header: "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            forged(header: "{\"alg\":\"HS512\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            sha384(header: "{\"alg\":\"HS384\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            sha512(header: "{\"alg\":\"HS512\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            sha512(header: good, claims: claims()),
            forged(
                header: "{\"alg\":\"NONE\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims(),
                signature: []),
            forged(header: "{\"alg\":\"hs256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            forged(header: "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            forged(header: "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims: claims()),
            forged(header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\"}", claims: claims()),
            forged(header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":null}", claims: claims()),
            forged(
                header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"../../../../dev/null\"}", claims: claims(),
                secret: [0]),
            forged(header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"x' UNION SELECT 'k\"}", claims: claims()),
            forged(header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(otherKeyID)\"}", claims: claims()),
            forged(
                header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(otherKeyID)\"}", claims: claims(), secret: other
            ),
            forged(header: "{\"alg\":\"HS256\",\"typ\":\"JWE\",\"kid\":\"\(service.keyID)\"}", claims: claims()),
            forged(
                header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\",\"crit\":[\"x\"]}",
                claims: claims()),
            forged(
                header: "{\"alg\":\"HS256\",\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}",
                claims: claims(), signature: []),
            forged(
                header: "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(otherKeyID)\",\"kid\":\"\(service.keyID)\"}",
                claims: claims(), secret: other),
            forged(
                header:
                    "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
                claims: claims(), secret: [0]),
            forged(
                header: "{\"alg\":\"none\",\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}",
                claims: claims()),
            forged(header: "[]", claims: claims()),
            forged(header: good, claims: claims()).replacing(".", with: "=."),
            forged(header: good, claims: String(repeating: " ", count: 9000) + claims()),
        ]
        for token in tokens {
            await #expect(throws: TokenError.invalid, "\(token.prefix(80))") {
                try await service.check(token, as: .access)
            }
        }
    }

    @Test func checksEveryClaim() async throws {
        let service = try await service()
        let header = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\(service.keyID)\"}"
        let wrong: [(String, TokenError)] = try [
            (claims(iss: "other"), .invalid), (claims(aud: "\"other\""), .invalid),
            (claims(aud: "[\"nexify-api\"]"), .invalid), (claims(user: "7"), .invalid),
            (claims(user: "\"x\""), .invalid), (claims(user: "\"-7\""), .invalid), (claims(user: "\"0\""), .invalid),
            (claims(user: "\"07\""), .invalid), (claims(user: "\"+7\""), .invalid), (claims(user: "\"7 \""), .invalid),
            (claims(user: "\"9223372036854775808\""), .invalid), (claims(user: "null"), .invalid),
            (claims(jti: "\"\""), .invalid), (claims(jti: "null"), .invalid), (claims(jti: "7"), .invalid),
            (without("exp"), .invalid), (without("iat"), .invalid), (without("jti"), .invalid),
            (without("iss"), .invalid),
            (without("aud"), .invalid), (without("user_id"), .invalid), (without("token_type"), .invalid),
            // One second longer than we make them, and numbers that overflow sums.
            (claims(exp: "1700000601"), .invalid), (claims(exp: "4102444800"), .invalid),
            (claims(exp: "9223372036854775807"), .invalid),
            (claims(exp: "9223372036854775807", iat: "9223372036854775807"), .invalid),
            (claims(exp: "9223372036854775807", iat: "-9223372036854775808"), .invalid),
            (claims(exp: "9223372036854775808"), .invalid), (claims(exp: "1e400"), .invalid),
            (claims(exp: "-1e400"), .invalid), (claims(exp: "1" + String(repeating: "0", count: 4_000)), .invalid),
            (claims(exp: "1700000599.5"), .invalid), (claims(exp: "NaN"), .invalid), (claims(exp: "null"), .invalid),
            (claims(exp: "true"), .invalid), (claims(exp: "[1700000600]"), .invalid),
            // Issued later than any clock of ours could say.
            (claims(exp: "1700000900", iat: "1700000301"), .invalid),
            (claims(exp: "\"1700000600\""), .invalid), (claims(iat: "1700000601"), .invalid),
            (claims(kind: "sliding"), .invalid), ("{}", .invalid), ("[]", .invalid), ("x", .invalid),
            (claims(exp: "1700000000"), .expired), (claims(exp: "1699999999", iat: "1699999399"), .expired),
            (claims(kind: "refresh"), .wrongType),
        ]
        for (claims, expected) in wrong {
            await #expect(throws: expected, "\(claims)") {
                try await service.check(forged(header: header, claims: claims), as: .access)
            }
        }
    }

    @Test func takesATokenOfAServerWhoseClockIsAhead() async throws {
        let ahead = try await service(at: Self.start + 300).issue(.access, for: UserID(7)).token
        #expect(try await service().check(ahead, as: .access).user == UserID(7))
        let tooFar = try await service(at: Self.start + 301).issue(.access, for: UserID(7)).token
        await #expect(throws: TokenError.invalid) { try await service().check(tooFar, as: .access) }
    }

    @Test func aRefreshTokenIsNoAccessTokenNorTheOtherWayRound() async throws {
        let service = try await service()
        let access = try await service.issue(.access, for: UserID(7)).token
        let refresh = try await service.issue(.refresh, for: UserID(7)).token
        await #expect(throws: TokenError.wrongType) { try await service.check(access, as: .refresh) }
        await #expect(throws: TokenError.wrongType) { try await service.check(refresh, as: .access) }
        #expect(try await service.check(access, as: nil).kind == .access)
        #expect(try await service.check(refresh, as: nil).kind == .refresh)
    }

    @Test func expiresByItsOwnClock() async throws {
        let (token, _) = try await service().issue(.access, for: UserID(1))
        #expect(try await service(at: Self.start + 599).check(token, as: .access).userID == "1")
        let late = try await service(at: Self.start + 600)
        await #expect(throws: TokenError.expired) { try await late.check(token, as: .access) }
    }

    @Test func refusesAShortSecret() async {
        await #expect(throws: TokenService.SetUpError.self) {
            try await service(secret: Array(repeating: 1, count: 31))
        }
    }
}
