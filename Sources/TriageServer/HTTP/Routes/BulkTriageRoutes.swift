import HTTPTypes
import Hummingbird
import Triage

/// Asking for the triage of many tickets at once.
struct BulkTriageRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            .member(
                .agent, .post, "/api/organizations/{organization}/triage", services,
                Operation(
                    "triageTickets", .triage, "Triage many tickets",
                    details: """
                        Either `ticket_ids`, or `filter` with the parameters of the tickets' list: of more than \
                        \(BulkTriage.Limits.ticketsMax) tickets that match, the newest are taken. To get through more, \
                        send `"has_pending_suggestion": false` with each request. An empty filter matches all tickets.
                        """,
                    parameters: [.idempotencyKey],
                    body: .init(
                        .object([
                            .optional(
                                "ticket_ids", .array(of: .identifier, count: 1...BulkTriage.Limits.ticketsMax)),
                            .optional("filter", Self.filterSchema),
                        ])),
                    answers: [
                        .init(.accepted, "The jobs are queued", .ref("BulkTriage")),
                        .ok(.ref("BulkTriage"), "What this key has already done"),
                        .error(.conflict, "The first request with this key is still in flight"),
                        .error(.unprocessableContent, "The key was used with another body"),
                    ]),
                handler: enqueue)
        ]
    }

    @Sendable private func enqueue(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let key = try TriageRoutes.idempotencyKey(request.headers)
        let body = try await request.json()
        var fields = try BodyFields(body)
        let tickets: [TicketID]? = fields.optionalIdentifiers(
            "ticket_ids", count: 1...BulkTriage.Limits.ticketsMax)
        let filter = fields.optionalFields("filter", Self.filter)
        if fields.has("ticket_ids") == fields.has("filter") {
            fields.reject(
                APIError.nonField,
                fields.has("filter")
                    ? "Only one of ticket_ids and filter is allowed." : "Either ticket_ids or filter is required.")
        }
        try fields.check()
        let selection: BulkTriage.Selection =
            if let tickets { .tickets(tickets) } else { .filter(filter ?? TicketFilter()) }
        let outcome = try await services.bulkTriage.enqueue(
            selection, in: organization, idempotencyKey: key,
            requestHash: TriageRoutes.requestHash("bulk-triage", organization, body), by: principal.user)
        return .json(outcome.isNew ? .accepted : .ok) { json in
            json.object { json in
                json.field("enqueued", outcome.enqueued)
                json.field("skipped", outcome.skipped)
            }
        }
    }

    private static let filterFields = [
        "status", "priority", "assigned_team", "created_from", "created_to", "q", "has_pending_suggestion",
    ]

    private static let filterSchema = JSONSchema.object(
        [
            .optional("status", .choice(Ticket.Status.self)), .optional("priority", .choice(Ticket.Priority.self)),
            .optional("assigned_team", .teamName), .optional("created_from", .dateTime),
            .optional("created_to", .dateTime),
            .optional("q", .text(min: 1, max: TicketRoutes.Limits.queryCharactersMax)),
            .optional("has_pending_suggestion", .boolean),
        ], isClosed: true)

    /// A misspelt filter must not triage everything, so unknown ones are refused.
    private static func filter(_ fields: inout BodyFields) -> TicketFilter {
        fields.rejectMembers(except: filterFields)
        return TicketFilter(
            status: fields.optionalChoice("status"), priority: fields.optionalChoice("priority"),
            assignedTeam: fields.optionalText("assigned_team", .teamName),
            createdFrom: fields.optionalDate("created_from"), createdTo: fields.optionalDate("created_to"),
            text: fields.optionalText("q", .init(charactersMax: TicketRoutes.Limits.queryCharactersMax)),
            hasPendingSuggestion: fields.optionalBoolean("has_pending_suggestion"))
    }
}
