import Hummingbird
import Triage

/// The keys with which systems send tickets in; for the organisation's admins.
struct APIKeyRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        let keys = "/api/organizations/{organization}/api-keys"
        let key = keys + "/{key}"
        return [
            .member(
                .admin, .get, keys, services,
                Operation(
                    "listAPIKeys", .administration, "API keys, newest first, revoked ones included",
                    parameters: .paging, answers: [.page(of: .ref("APIKey"))]),
                handler: list),
            .member(
                .admin, .post, keys, services,
                Operation(
                    "createAPIKey", .administration, "Make an API key",
                    details: "The answer shows the key. It is kept as a hash only, so it cannot be shown again.",
                    body: .init(.object([.required("name", .text(min: 1, max: APIKey.Limits.nameCharactersMax))])),
                    answers: [.created(.ref("NewAPIKey"))]),
                handler: create),
            .member(
                .admin, .get, key, services,
                Operation("readAPIKey", .administration, "One API key", answers: [.ok(.ref("APIKey"))]),
                handler: read),
            .member(
                .admin, .delete, key, services,
                Operation(
                    "revokeAPIKey", .administration, "Revoke an API key",
                    details: "At once. It stays in the list; revoking it again changes nothing.",
                    answers: [.noContent]),
                handler: revoke),
        ]
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let page = try PageRequest(request.query)
        return try request.answer(
            try await services.administration.apiKeys.keys(of: organization, page: page.window), for: page)
    }

    @Sendable private func create(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        var fields = try await request.fields()
        let name = fields.requiredText("name", .init(charactersMax: APIKey.Limits.nameCharactersMax))
        try fields.check()
        let (key, secret) = try await services.administration.apiKeys.create(
            named: name, of: organization, by: principal.user)
        return .json(.created) { key.write(to: &$0, secret: secret) }
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: APIKeyID = try request.identifier("key", of: "APIKey")
        guard let key = try await services.administration.apiKeys.key(id, of: organization) else {
            throw APIError.notFound("APIKey")
        }
        return .json(of: key)
    }

    @Sendable private func revoke(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: APIKeyID = try request.identifier("key", of: "APIKey")
        try await ErrorTranslation.naming("APIKey") {
            try await services.administration.apiKeys.revoke(id, of: organization, by: principal.user)
        }
        return .noContent
    }
}
