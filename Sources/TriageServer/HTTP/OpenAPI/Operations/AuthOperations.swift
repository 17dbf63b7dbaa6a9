import HTTPTypes
import Triage

/// What the routes of signing in tell of themselves.
extension Operation {
    static let signIn = Operation(
        "signIn", .auth, "Sign in",
        details: "An access token is good for minutes, a refresh token for days and for one use.",
        body: Body(
            .object([
                .required("username", .text(AuthRoutes.username).with(example: "agent")),
                .required("password", .text(AuthRoutes.password)),
            ])),
        answers: [
            .ok(.ref("TokenPair"), "Signed in"),
            Answer(.unauthorized, "No active account has that name and password", .ref("Unauthorized")),
            Answer(.tooManyRequests, "Too many attempts; try again after `Retry-After`", .ref("Error")),
        ])

    static let refreshToken = Operation(
        "refreshToken", .auth, "Exchange a refresh token for a new pair",
        details: "A refresh token that comes a second time revokes all that descend from the same sign-in.",
        body: token("refresh"), answers: [.ok(.ref("TokenPair"), "The next pair"), .tokenRefused])

    static let verifyToken = Operation(
        "verifyToken", .auth, "Ask whether a token is valid", body: token("token"),
        answers: [.ok(.answer([]), "It is"), .tokenRefused])

    static let signOut = Operation(
        "signOut", .auth, "Sign out", details: "Revokes the refresh token and all that descend from the same sign-in.",
        body: token("refresh"), answers: [.noContent, .tokenRefused])

    static let readMe = Operation(
        "readMe", .auth, "Who is signed in", answers: [.ok(.ref("User"), "The user, with the organisations' roles")])

    private static func token(_ name: String) -> Body {
        Body(.object([.required(name, .text(AuthRoutes.token))]))
    }
}

extension Operation.Answer {
    fileprivate static let tokenRefused = Self(
        .unauthorized, "The token is wrong, expired, used or revoked", .ref("Unauthorized"))
}
