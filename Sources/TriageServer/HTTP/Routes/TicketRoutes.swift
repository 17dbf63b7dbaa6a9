import HTTPTypes
import Hummingbird
import Triage

/// Tickets: `/api/tickets/…`, and the same under `/api/organizations/{organization}/tickets/…`.
struct TicketRoutes: Sendable {
    enum Limits {
        static let queryCharactersMax = 500
        static let teamCharactersMax = Team.Limits.nameCharactersMax
        static let similar = 1...50
        static let similarDefault = 5
    }

    let services: HTTPServices

    var endpoints: [Endpoint] {
        let inOrganization = "/api/organizations/{organization}/tickets"
        return [
            Endpoint(.post, "/api/tickets", access: .memberOrKey(.agent), .ingestTicket, handler: ingest),
            Endpoint(.get, inOrganization, access: .member(.viewer), .listTickets, handler: list),
            .member(.agent, .post, inOrganization, services, .createTicket) { request, principal, organization in
                var fields = try await request.fields()
                return try await create(&fields, in: organization, by: principal.actor)
            },
        ]
            + TicketPath.both(services).flatMap { path in
                [
                    path.endpoint(.get, role: .viewer, .readTicket, handler: read),
                    path.endpoint(.patch, role: .agent, .changeTicket, handler: change),
                    path.endpoint(.delete, role: .agent, .deleteTicket, handler: delete),
                    path.endpoint(.get, "/similar", role: .viewer, .similarTickets, handler: similar).laborious(),
                ]
            }
    }

    /// `POST /tickets/`: from a member, or from a system that has the organisation's key.
    @Sendable private func ingest(_ request: APIRequest) async throws -> Response {
        // Strangers are not listened to; who may hand in is asked again after the body has come.
        if request.headers[.authorization] == nil, request.headers[.xAPIKey] != nil {
            _ = try await services.authenticator.ingestOrganization(of: request)
        } else {
            _ = try await services.authenticator.user(of: request)
        }
        let request = try await request.withBody()
        if request.headers[.authorization] == nil,
            let own = try await services.authenticator.ingestOrganization(of: request)
        {
            var fields = try await request.fields()
            // The key says which organisation; naming it as well is allowed, naming another is not.
            let named: OrganizationID? = fields.optionalIdentifier("organization_id")
            if let named, named != own { throw APIError.notFound("Organization") }
            return try await create(&fields, in: own, by: .webhook)
        }
        let user = try await services.authenticator.user(of: request)
        var fields = try await request.fields()
        let organization: OrganizationID = fields.requiredIdentifier("organization_id")
        // Only when there is one to look at: without it the other fields' messages are wanted too.
        if fields.errors.isEmpty {
            _ = try await services.authenticator.member(.agent, of: organization, by: request)
        }
        return try await create(&fields, in: organization, by: .user(user))
    }

    private func create(
        _ fields: inout BodyFields, in organization: OrganizationID, by actor: TicketEvent.Actor
    ) async throws -> Response {
        let email = fields.requiredEmail("requester_email")
        let subject = fields.requiredText("subject", Self.subject)
        let body = fields.requiredText("body", Self.body)
        let priority = fields.optionalChoice("priority", Ticket.Priority.self)
        try fields.check()
        var draft = TicketDraft(requesterEmail: email, subject: subject, body: body)
        if let priority { draft.priority = priority }
        return Self.answer(try await services.tickets.create(draft, in: organization, by: actor), status: .created)
    }

    /// Who asks and what they get is one round trip.
    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let organization = try request.organization()
        let user = try await services.authenticator.user(of: request)
        let asked: (filter: TicketFilter, order: [TicketOrder], page: PageRequest)
        do {
            asked = try Self.listing(request.query)
        } catch {
            // Who may not is told that and no more.
            _ = try await services.authenticator.member(.viewer, of: organization, by: request)
            throw error
        }
        let (standing, tickets) = try await services.tickets.tickets(
            in: organization, for: user, matching: asked.filter, orderedBy: asked.order, page: asked.page.window)
        _ = try Authenticator.principal(user, standing, orMissing: "Organization")
        request.context.subject.note(organization: organization)
        return try request.answer(tickets, for: asked.page)
    }

    private static func listing(
        _ query: QueryParameters
    ) throws -> (filter: TicketFilter, order: [TicketOrder], page: PageRequest) {
        var filters = FilterFields(query)
        let filter = TicketFilter(
            status: filters.choice("status"), priority: filters.choice("priority"),
            assignedTeam: filters.text(
                "assigned_team", charactersMax: Limits.teamCharactersMax, isName: true),
            createdFrom: filters.date("created_from"), createdTo: filters.date("created_to"),
            text: filters.text("q", charactersMax: Limits.queryCharactersMax),
            hasPendingSuggestion: filters.boolean("has_pending_suggestion"))
        try filters.check()
        let page = try PageRequest(query)
        let order = Ordering.parse(query["ordering"], TicketOrder.Field.self)
            .map { TicketOrder(field: $0.field, descending: $0.descending) }
        return (filter, order, page)
    }

    @Sendable private func read(_ request: APIRequest, _ principal: Principal, _ ticket: Ticket) -> Response {
        let tag = EntityTag.of(version: ticket.version)
        if EntityTag.ifNoneMatch(request.headers, has: ticket.version) {
            return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: "no-store"])
        }
        return Self.answer(ticket)
    }

    @Sendable private func change(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        var fields = try await request.fields()
        let changes = TicketChanges(
            status: fields.optionalChoice("status"), priority: fields.optionalChoice("priority"),
            assignedTeam: fields.nullableText("assigned_team", Self.team),
            subject: fields.optionalText("subject", Self.subject), body: fields.optionalText("body", Self.body))
        try fields.check()
        let version = try EntityTag.ifMatch(request.headers).version(toExpect: ticket.version)
        let changed = try await ErrorTranslation.naming("Ticket") {
            try await services.tickets.update(
                ticket.id, in: ticket.organization, changes: changes, ifVersion: version, by: principal.actor)
        }
        return Self.answer(changed)
    }

    @Sendable private func delete(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let version = try EntityTag.ifMatch(request.headers).version(toExpect: ticket.version)
        try await ErrorTranslation.naming("Ticket") {
            try await services.tickets.delete(
                ticket.id, in: ticket.organization, ifVersion: version, by: principal.actor)
        }
        return .noContent
    }

    /// Decided tickets like this one.
    @Sendable private func similar(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        var filters = FilterFields(request.query)
        let limit = filters.integer("k", in: Limits.similar) ?? Limits.similarDefault
        try filters.check()
        let similar = try await services.evidence.similar(
            to: ticket.text, in: ticket.organization, excluding: ticket.id, limit: limit)
        return .json { json in json.object { $0.field("results", similar) } }
    }

    static let subject = BodyFields.TextRule(charactersMax: Ticket.Limits.subjectCharactersMax)
    static let body = BodyFields.TextRule(charactersMax: Ticket.Limits.bodyCharactersMax)
    static let team = BodyFields.TextRule.teamName

    private static func answer(_ ticket: Ticket, status: HTTPResponse.Status = .ok) -> Response {
        .json(status, headers: [.eTag: EntityTag.of(version: ticket.version)], of: ticket)
    }
}
