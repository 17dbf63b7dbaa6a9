import Hummingbird
import Triage

/// The organisation's keyword rules.
struct RuleRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        let rules = "/api/organizations/{organization}/rules"
        let rule = rules + "/{rule}"
        let effects: [JSONSchema.Member] = [
            .optional("team", .teamName.nullable), .optional("priority", .choice(Ticket.Priority.self).nullable),
            .optional("position", .rulePosition),
        ]
        return [
            .member(
                .viewer, .get, rules, services,
                Operation(
                    "listRules", .administration, "Routing rules, in the order in which they are tried",
                    parameters: .paging, answers: [.page(of: .ref("Rule"))]),
                handler: list),
            .member(
                .admin, .post, rules, services,
                Operation(
                    "createRule", .administration, "Add a rule",
                    details: "A rule needs a team, a priority or both. Without a position it is the last.",
                    body: .init(.object([.required("keywords", .keywords)] + effects)),
                    answers: [.created(.ref("Rule"))]),
                handler: create),
            .member(
                .viewer, .get, rule, services,
                Operation("readRule", .administration, "One rule", answers: [.ok(.ref("Rule"))]), handler: read),
            .member(
                .admin, .patch, rule, services,
                Operation(
                    "changeRule", .administration, "Change or move a rule",
                    details: "The rules from the new position on move along.",
                    body: .init(.object([.optional("keywords", .keywords)] + effects)),
                    answers: [.ok(.ref("Rule"))]),
                handler: change),
            .member(
                .admin, .delete, rule, services,
                Operation("deleteRule", .administration, "Delete a rule", answers: [.noContent]), handler: delete),
        ]
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let page = try PageRequest(request.query)
        return try request.answer(
            try await services.administration.rules.rules(in: organization, page: page.window), for: page)
    }

    @Sendable private func create(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        var fields = try await request.fields()
        fields.require("keywords")
        let changes = Self.changes(&fields)
        try fields.check()
        let rule = RoutingRule(
            keywords: changes.keywords ?? [], team: changes.team ?? nil, priority: changes.priority ?? nil)
        guard rule.team != nil || rule.priority != nil else { throw StoreError.emptyRule }
        let created = try await ErrorTranslation.naming("Rule", teamField: "team") {
            try await services.administration.rules.create(
                rule, at: changes.position, in: organization, by: principal.user)
        }
        return .json(.created, of: created)
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: RuleID = try request.identifier("rule", of: "Rule")
        guard let rule = try await services.administration.rules.rule(id, in: organization) else {
            throw APIError.notFound("Rule")
        }
        return .json(of: rule)
    }

    @Sendable private func change(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: RuleID = try request.identifier("rule", of: "Rule")
        var fields = try await request.fields()
        let changes = Self.changes(&fields)
        try fields.check()
        return .json(
            of: try await ErrorTranslation.naming("Rule", teamField: "team") {
                try await services.administration.rules.update(
                    id, in: organization, changes: changes, by: principal.user)
            })
    }

    @Sendable private func delete(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: RuleID = try request.identifier("rule", of: "Rule")
        try await ErrorTranslation.naming("Rule") {
            try await services.administration.rules.delete(id, in: organization, by: principal.user)
        }
        return .noContent
    }

    private static func changes(_ fields: inout BodyFields) -> RuleStore.Changes {
        let keywords = fields.optionalTexts(
            "keywords", .init(charactersMax: RoutingRule.Limits.keywordCharactersMax, isName: true),
            count: RoutingRule.Limits.keywords)
        if let idle = keywords?.first(where: { !RoutingRule.canMatch($0) }) {
            fields.reject("keywords", "\"\(idle)\" has no letter or digit, so it matches nothing.")
        }
        return RuleStore.Changes(
            keywords: keywords,
            team: fields.nullableText("team", .teamName),
            priority: fields.nullableChoice("priority"),
            position: fields.optionalInteger("position", in: 0...Int64(Int32.max)).map(Int.init))
    }
}
