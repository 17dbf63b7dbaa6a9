import Hummingbird
import Triage

/// The organisation's teams.
struct TeamRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            .member(.viewer, .get, "/api/organizations/{organization}/teams", services, .listTeams) {
                request, _, organization in
                let page = try PageRequest(request.query)
                return try request.answer(
                    try await services.organizations.teams(in: organization, page: page.window), for: page)
            }
        ]
    }
}
