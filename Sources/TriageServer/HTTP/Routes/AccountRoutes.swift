import Hummingbird

/// `/api/me/`: who is signed in.
struct AccountRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/me", access: .signedIn, .readMe) { request in
                .json(of: try await services.authenticator.account(of: request))
            }
        ]
    }
}
