import Hummingbird
import Triage

/// Adding, renaming and deleting teams. Their list, which all members see, is `TeamRoutes`'.
struct TeamAdministrationRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        let teams = "/api/organizations/{organization}/teams"
        let team = teams + "/{team}"
        return [
            .member(
                .admin, .post, teams, services,
                Operation(
                    "createTeam", .administration, "Add a team",
                    details: "A name has one spelling, Unicode's NFC, in this and in every other request.",
                    body: .init(.object([.required("name", .teamName), .optional("description", Self.description)])),
                    answers: [.created(.ref("Team"))]),
                handler: create),
            .member(
                .viewer, .get, team, services,
                Operation("readTeam", .administration, "One team", answers: [.ok(.ref("Team"))]), handler: read),
            .member(
                .admin, .patch, team, services,
                Operation(
                    "changeTeam", .administration, "Rename or describe a team",
                    details: "Tickets, rules, suggestions and labels follow the new name.",
                    body: .init(.object([.optional("name", .teamName), .optional("description", Self.description)])),
                    answers: [.ok(.ref("Team"))]),
                handler: change),
            .member(
                .admin, .delete, team, services,
                Operation(
                    "deleteTeam", .administration, "Delete a team that nothing refers to",
                    answers: [
                        .noContent,
                        .init(.conflict, "The team is in use. Rename it instead", .ref("TeamInUse")),
                    ]),
                handler: delete),
        ]
    }

    @Sendable private func create(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        var fields = try await request.fields()
        let name = fields.requiredText("name", .teamName)
        let description = fields.optionalText("description", Self.descriptionRule) ?? ""
        try fields.check()
        let team = try await services.administration.teams.create(
            name: name, description: description, in: organization, by: principal.user)
        return .json(.created, of: team)
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: TeamID = try request.identifier("team", of: "Team")
        guard let team = try await services.administration.teams.team(id, in: organization) else {
            throw APIError.notFound("Team")
        }
        return .json(of: team)
    }

    @Sendable private func change(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: TeamID = try request.identifier("team", of: "Team")
        var fields = try await request.fields()
        let changes = TeamStore.Changes(
            name: fields.optionalText("name", .teamName),
            description: fields.optionalText("description", Self.descriptionRule))
        try fields.check()
        return .json(
            of: try await ErrorTranslation.naming("Team") {
                try await services.administration.teams.update(
                    id, in: organization, changes: changes, by: principal.user)
            })
    }

    @Sendable private func delete(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: TeamID = try request.identifier("team", of: "Team")
        try await ErrorTranslation.naming("Team") {
            try await services.administration.teams.delete(id, in: organization, by: principal.user)
        }
        return .noContent
    }

    private static let description = JSONSchema.text(max: Team.Limits.descriptionCharactersMax)
    private static let descriptionRule = BodyFields.TextRule(
        charactersMax: Team.Limits.descriptionCharactersMax, allowsBlank: true)
}
