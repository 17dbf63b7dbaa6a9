import Foundation
import Postgres
import Testing
import Triage
import TriageServer

@Suite("Contract: signing in")
struct AuthContractTests {
    private let name: JSONValue = "contract-agent"
    private let password = JSONValue.string(ContractSystem.password)

    @Test func wrongCredentials() async throws {
        let system = try await ContractSystem.started()
        for (user, password): (JSONValue, JSONValue) in [
            (name, "wrong"), ("nobody", password), ("CONTRACT-AGENT", password),
        ] {
            let answer = try await system.call("POST", "/api/auth/token/", ["username": user, "password": password])
            #expect(answer.status == 401)
            #expect(answer.json == ["detail": "No active account found with the given credentials"])
            #expect(answer.headers["www-authenticate"] == "Bearer realm=\"api\"")
        }
    }

    @Test func missingFields() async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call("POST", "/api/auth/token", [:])
        #expect(answer.status == 400)
        #expect(
            answer.text == #"{"username":["This field is required."],"password":["This field is required."]}"#)
        #expect(
            try await system.call("POST", "/api/auth/token/refresh/", [:]).json == [
                "refresh": ["This field is required."]
            ])
        #expect(
            try await system.call("POST", "/api/auth/token/verify/", [:]).json == ["token": ["This field is required."]]
        )
        #expect(
            try await system.call("POST", "/api/auth/logout/", [:]).json == ["refresh": ["This field is required."]])
    }

    @Test func inactiveUsersAreNobody() async throws {
        let system = try await ContractSystem.started()
        let signedIn = try await signIn(system, "sleeper")
        try await system.pool.execute("UPDATE users SET is_active = false WHERE username = 'sleeper'")
        let me = try await system.call("GET", "/api/me/", as: signedIn.access)
        #expect(me.status == 401)
        #expect(me.headers["www-authenticate"] == "Bearer realm=\"api\"")
        #expect(
            try await system.call("POST", "/api/auth/token/refresh/", ["refresh": .string(signedIn.refresh)]).status
                == 401)
        let again = try await system.call("POST", "/api/auth/token/", ["username": "sleeper", "password": password])
        #expect(again.json == ["detail": "No active account found with the given credentials"])
    }

    /// Makes the user first.
    private func signIn(_ system: ContractSystem, _ user: String) async throws -> (access: String, refresh: String) {
        let hash = try Argon2.hash(ContractSystem.password, cost: Argon2.Cost(memoryKibibytes: 64, passes: 1, lanes: 1))
        try await system.pool.execute("INSERT INTO users (username, password_hash) VALUES (\(user), \(hash))")
        let answer = try await system.call(
            "POST", "/api/auth/token/", ["username": .string(user), "password": password])
        return (try #require(answer["access"]?.stringValue), try #require(answer["refresh"]?.stringValue))
    }

    @Test func meIsWhoSignedIn() async throws {
        let system = try await ContractSystem.started()
        for path in ["/api/me", "/api/me/"] {
            let answer = try await system.call("GET", path, as: system.agent)
            #expect(answer.status == 200)
            #expect(answer["username"] == "contract-agent")
            #expect(
                Set(answer.json.objectValue?.keys ?? [:].keys) == [
                    "id", "username", "email", "first_name", "last_name", "organizations",
                ])
            #expect(answer["organizations"] == [["id": .int(system.own), "name": "Contract", "role": "agent"]])
            #expect(answer.headers["cache-control"] == "no-store")
        }
    }

    @Test(arguments: ["", "Basic abc", "bearer", "Token abc"])
    func noCredentials(_ header: String) async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call("GET", "/api/me/", headers: header.isEmpty ? [:] : ["Authorization": header])
        #expect(answer.status == 401)
        #expect(answer.json == ["detail": "Authentication credentials were not provided."])
        #expect(answer.headers["www-authenticate"] == "Bearer realm=\"api\"")
    }

    @Test(arguments: ["Bearer", "Bearer a b"])
    func malformedHeader(_ header: String) async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call("GET", "/api/me/", headers: ["Authorization": header])
        #expect(answer.status == 401)
        #expect(answer["code"] == "bad_authorization_header")
        #expect(answer["detail"] == "Authorization header must contain two space-delimited values")
    }

    @Test func badTokens() async throws {
        let system = try await ContractSystem.started()
        let secret = Array(ContractSystem.secret.utf8)
        let user = UserID(try #require(try await system.call("GET", "/api/me/", as: system.agent)["id"]?.intValue))
        let now = try await TokenService(secret: secret)
        let past = try await TokenService(secret: secret, now: { Date(timeIntervalSinceNow: -601) })
        let otherKey = try await TokenService(secret: Array(repeating: 7, count: 32))
        let otherAudience = try await TokenService(secret: secret, audience: "other")
        let otherIssuer = try await TokenService(secret: secret, issuer: "other")
        // The tests' own tokens are good, so that what follows fails for its fault.
        #expect(try await system.call("GET", "/api/me/", as: now.issue(.access, for: user).token).status == 200)
        let tokens: [(String, String)] = [
            ("x.y.z", "Token is invalid"),
            (try await past.issue(.access, for: user).token, "Token is expired"),
            (try await otherKey.issue(.access, for: user).token, "Token is invalid"),
            (try await otherAudience.issue(.access, for: user).token, "Token is invalid"),
            (try await otherIssuer.issue(.access, for: user).token, "Token is invalid"),
            (try await now.issue(.refresh, for: user).token, "Token has wrong type"),
        ]
        for (token, message) in tokens {
            let answer = try await system.call("GET", "/api/me/", as: token)
            #expect(answer.status == 401)
            #expect(
                answer.json == [
                    "detail": "Given token not valid for any token type", "code": "token_not_valid",
                    "messages": [
                        ["token_class": "AccessToken", "token_type": "access", "message": .string(message)]
                    ],
                ])
            #expect(answer.headers["www-authenticate"] == "Bearer realm=\"api\"")
        }
        let gone = try await system.call("GET", "/api/me/", as: now.issue(.access, for: UserID(999_999_999)).token)
        #expect(gone.status == 401)
        #expect(gone["code"] == "user_not_found")
    }

    @Test func rotationRevokesTheFamilyOfAReusedToken() async throws {
        let system = try await ContractSystem.started()
        func refresh(_ token: String) async throws -> ContractSystem.Answer {
            try await system.call("POST", "/api/auth/token/refresh/", ["refresh": .string(token)])
        }
        func verify(_ token: String) async throws -> ContractSystem.Answer {
            try await system.call("POST", "/api/auth/token/verify/", ["token": .string(token)])
        }
        let first = try await signIn(system, "rotating").refresh
        #expect(try await verify(first).json == [:])
        let rotated = try await refresh(first)
        #expect(rotated.status == 200)
        let second = try #require(rotated["refresh"]?.stringValue)
        let access = try #require(rotated["access"]?.stringValue)
        #expect(second != first)
        #expect(try await system.call("GET", "/api/me/", as: access)["username"] == "rotating")
        #expect(try await verify(second).status == 200)
        #expect(try await verify(access).status == 200)

        let reused = try await refresh(first)
        #expect(reused.status == 401)
        #expect(reused.json == ["detail": "Token is blacklisted", "code": "token_not_valid"])
        #expect(reused.headers["www-authenticate"] == "Bearer realm=\"api\"")
        #expect(try await refresh(second).status == 401)
        #expect(try await verify(second).status == 401)
        #expect(try await refresh(access).json == ["detail": "Token has wrong type", "code": "token_not_valid"])
        #expect(try await refresh("x").json == ["detail": "Token is invalid", "code": "token_not_valid"])
    }

    @Test func ofTwoConcurrentRefreshesAtMostOneSucceeds() async throws {
        let system = try await ContractSystem.started()
        let token = try await signIn(system, "racing").refresh
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await system.call("POST", "/api/auth/token/refresh/", ["refresh": .string(token)]).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 200 }.count == 1)
        #expect(statuses.filter { $0 == 401 }.count == 7)
    }

    @Test func signingOutEndsTheFamily() async throws {
        let system = try await ContractSystem.started()
        let refresh = JSONValue.string(try await signIn(system, "leaving").refresh)
        let out = try await system.call("POST", "/api/auth/logout/", ["refresh": refresh])
        #expect(out.status == 204)
        #expect(out.text.isEmpty)
        #expect(try await system.call("POST", "/api/auth/token/refresh/", ["refresh": refresh]).status == 401)
    }
}
