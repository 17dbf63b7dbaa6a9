import Hummingbird
import Triage

/// A ticket's audit trail.
struct TicketEventRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        TicketPath.both(services).map { $0.endpoint(.get, "/events", role: .viewer, .listEvents, handler: list) }
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        var filters = FilterFields(request.query)
        let filter = EventFilter(
            kind: filters.choice("event_type"),
            actorType: filters.choice("actor_type", among: TicketEvent.Actor.types),
            createdFrom: filters.date("created_from"), createdTo: filters.date("created_to"))
        try filters.check()
        let page = try PageRequest(request.query)
        let order = Ordering.parse(request.query["ordering"], EventOrder.Field.self)
            .map { EventOrder(field: $0.field, descending: $0.descending) }
        let events = try await services.tickets.events(
            of: ticket.id, in: ticket.organization, matching: filter, orderedBy: order, page: page.window)
        return try request.answer(events, for: page)
    }
}
