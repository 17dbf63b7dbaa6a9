import Hummingbird
import Triage

/// A ticket's suggestions, and a person's decision on each.
struct SuggestionRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        TicketPath.both(services).flatMap { path in
            [
                path.endpoint(.get, "/suggestions", role: .viewer, .listSuggestions, handler: list),
                path.endpoint(.get, "/suggestions/{suggestion}", role: .viewer, .readSuggestion, handler: read),
                path.endpoint(.patch, "/suggestions/{suggestion}", role: .agent, .editSuggestion, handler: edit),
                path.endpoint(
                    .post, "/suggestions/{suggestion}/approve", role: .agent, .approveSuggestion, handler: approve),
                path.endpoint(
                    .post, "/suggestions/{suggestion}/reject", role: .agent, .rejectSuggestion, handler: reject),
            ]
        }
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let page = try PageRequest(request.query)
        let suggestions = try await services.suggestions.suggestions(
            of: ticket.id, in: ticket.organization, page: page.window)
        return try request.answer(suggestions, for: page)
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let id: SuggestionID = try request.identifier("suggestion", of: "Suggestion")
        guard
            let suggestion = try await services.suggestions.suggestion(
                id, of: ticket.id, in: ticket.organization)
        else { throw APIError.notFound("Suggestion") }
        return .json(of: suggestion)
    }

    @Sendable private func edit(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let id: SuggestionID = try request.identifier("suggestion", of: "Suggestion")
        var fields = try await request.fields()
        let draft = fields.optionalText("draft_reply", Self.draft)
        let priority = fields.optionalChoice("suggested_priority", Ticket.Priority.self)
        let team = fields.nullableText("suggested_team", Self.team)
        if fields.has("suggested_priority") || fields.has("suggested_team") {
            try principal.require(.admin)
        }
        try fields.check()
        let edited = try await ErrorTranslation.naming("Suggestion", teamField: "suggested_team") {
            try await services.suggestions.edit(
                id, of: ticket.id, in: ticket.organization, draftReply: draft, priority: priority, team: team,
                by: principal.user)
        }
        return .json(of: edited)
    }

    @Sendable private func approve(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let id: SuggestionID = try request.identifier("suggestion", of: "Suggestion")
        var fields = try await request.fields()
        var edits = ApprovalEdits(
            priority: fields.optionalChoice("suggested_priority"),
            team: fields.nullableText("suggested_team", Self.team),
            draftReply: fields.optionalText("draft_reply", Self.draft))
        if let wanted = fields.optionalChoices("fields", ApprovalEdits.Field.self) { edits.fields = Set(wanted) }
        if let force = fields.optionalBoolean("force") { edits.force = force }
        try fields.check()
        let decided = edits
        let approved = try await ErrorTranslation.naming("Suggestion", teamField: "suggested_team") {
            try await services.suggestions.approve(
                id, of: ticket.id, in: ticket.organization, edits: decided, by: principal.user)
        }
        return .json(of: approved)
    }

    @Sendable private func reject(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let id: SuggestionID = try request.identifier("suggestion", of: "Suggestion")
        var fields = try await request.fields()
        let note = RejectionNote(
            reason: fields.optionalText("reason", Self.reason),
            correctTeam: fields.optionalText("correct_team", Self.team),
            correctPriority: fields.optionalChoice("correct_priority"))
        try fields.check()
        let rejected = try await ErrorTranslation.naming("Suggestion", teamField: "correct_team") {
            try await services.suggestions.reject(
                id, of: ticket.id, in: ticket.organization, note: note, by: principal.user)
        }
        return .json(of: rejected)
    }

    static let draft = BodyFields.TextRule(charactersMax: 100_000, trims: false, allowsBlank: true)
    static let team = BodyFields.TextRule.teamName
    static let reason = BodyFields.TextRule(charactersMax: RejectionNote.reasonCharactersMax, allowsBlank: true)
}
