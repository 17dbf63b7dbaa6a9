import Hummingbird

/// `/api/me/`: who is signed in.
struct AccountRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        [Endpoint.signedIn(.get, "/api/me", services, .readMe) { _, principal in .json(of: principal.user) }]
    }
}
