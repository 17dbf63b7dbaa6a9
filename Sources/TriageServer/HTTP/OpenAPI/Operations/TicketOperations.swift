import HTTPTypes
import Triage

/// What the routes of tickets tell of themselves.
extension Operation {
    static let ingestTicket = Operation(
        "ingestTicket", .tickets, "Hand in a ticket",
        details: "From a member, or from a system with the organisation's key in `X-API-Key`; the key names the "
            + "organisation, so that such a system may leave `organization_id` out.",
        body: Body(.object([.required("organization_id", .identifier)] + ticketDraft)),
        answers: [.ticket(.created, "Created")])

    static let createTicket = Operation(
        "createTicket", .tickets, "Create a ticket", body: Body(.object(ticketDraft)),
        answers: [.ticket(.created, "Created")])

    private static let ticketDraft: [JSONSchema.Member] = [
        .required("requester_email", .email.with(example: "ada@example.com")),
        .required("subject", .text(TicketRoutes.subject).with(example: "The invoice has the wrong amount")),
        .required("body", .text(TicketRoutes.body).with(example: "We were charged twice in May.")),
        .optional("priority", .choice(Ticket.Priority.self).described("`medium` by default")),
    ]

    static let listTickets = Operation(
        "listTickets", .tickets, "List an organisation's tickets", details: "Newest first unless ordered otherwise.",
        parameters: [
            .query("status", .choice(Ticket.Status.self), "Only of this status"),
            .query("priority", .choice(Ticket.Priority.self), "Only of this priority"),
            .query("assigned_team", .filterText(max: TicketRoutes.Limits.teamCharactersMax), "Only of this team"),
            .query(
                "q", .filterText(max: TicketRoutes.Limits.queryCharactersMax),
                "Full text over subject, body and requester: words, `\"phrases\"`, `-without`, `or`"),
            .query(
                "has_pending_suggestion", .choice(["true", "false", "1", "0"]),
                "Whether a suggestion waits for a decision"),
        ] + .createdBetween + .ordering(TicketOrder.Field.allCases.map(\.rawValue)) + .paging,
        answers: [.page(of: .ref("Ticket"))])

    static let readTicket = Operation(
        "readTicket", .tickets, "Read a ticket", parameters: [.ifNoneMatch],
        answers: [
            .ticket(.ok, "The ticket"),
            Answer(.notModified, "It is what the client has already", headers: [Answer.ticketVersion]),
        ])

    static let changeTicket = Operation(
        "changeTicket", .tickets, "Change a ticket",
        details: "What is left out stays. Each change is an event. `assigned_team` is the name of one of the "
            + "organisation's teams, or null.",
        parameters: [.ifMatch],
        body: Body(
            .object([
                .optional("status", .choice(Ticket.Status.self)), .optional("priority", .choice(Ticket.Priority.self)),
                .optional("assigned_team", .text(TicketRoutes.team).nullable),
                .optional("subject", .text(TicketRoutes.subject)), .optional("body", .text(TicketRoutes.body)),
            ]), isRequired: false),
        answers: [.ticket(.ok, "The ticket as it is now")])

    static let deleteTicket = Operation(
        "deleteTicket", .tickets, "Delete a ticket", parameters: [.ifMatch], answers: [.noContent])

    static let similarTickets = Operation(
        "similarTickets", .tickets, "Decided tickets like this one",
        parameters: [
            .query(
                "k",
                .integer(Int64(TicketRoutes.Limits.similar.lowerBound)...Int64(TicketRoutes.Limits.similar.upperBound)),
                "How many; \(TicketRoutes.Limits.similarDefault) by default")
        ],
        answers: [.ok(.answer([("results", .array(of: .ref("SimilarTicket")))]), "Most similar first")])

    static let listEvents = Operation(
        "listEvents", .tickets, "A ticket's audit trail",
        details: "Newest first unless ordered otherwise. Events are never changed or deleted.",
        parameters: [
            .query("event_type", .choice(TicketEvent.Kind.self), "Only of this type"),
            .query("actor_type", .choice(TicketEvent.Actor.types), "Only by such an actor"),
        ] + .createdBetween + .ordering(EventOrder.Field.allCases.map(\.rawValue)) + .paging,
        answers: [.page(of: .ref("TicketEvent"))])
}

extension JSONSchema {
    /// A text that a list is filtered by, as `FilterFields` reads it.
    package static func filterText(max: Int) -> JSONSchema {
        JSONSchema(["type": "string", "maxLength": .int(Int64(max)), "pattern": .string(noNull)])
    }
}

extension Operation.Answer {
    static let ticketVersion = (name: "ETag", description: "The ticket's version")

    fileprivate static func ticket(_ status: HTTPResponse.Status, _ description: String) -> Self {
        Self(status, description, .ref("Ticket"), headers: [ticketVersion])
    }
}
