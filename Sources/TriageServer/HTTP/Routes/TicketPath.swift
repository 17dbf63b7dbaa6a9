import HTTPTypes
import Hummingbird
import Triage

/// One of the two paths of a ticket: its own, and the one under its organisation. What lies under one lies under the
/// other.
struct TicketPath: Sendable {
    typealias Handler = @Sendable (APIRequest, Principal, Ticket) async throws -> Response

    let prefix: String
    let isInOrganization: Bool
    let services: HTTPServices

    static func both(_ services: HTTPServices) -> [TicketPath] {
        [
            TicketPath(prefix: "/api/tickets/{ticket}", isInOrganization: false, services: services),
            TicketPath(
                prefix: "/api/organizations/{organization}/tickets/{ticket}", isInOrganization: true,
                services: services),
        ]
    }

    /// A route on a ticket for members of at least that role; another organisation's ticket is one that does not exist.
    func endpoint(
        _ method: HTTPRequest.Method, _ suffix: String = "", role: Role, handler: @escaping Handler
    ) -> Endpoint {
        .signedIn(method, prefix + suffix, services) { request, principal in
            var organizations = principal.organizations
            if isInOrganization {
                let organization: OrganizationID = try request.identifier("organization", of: "Organization")
                try principal.require(role, in: organization)
                organizations = [organization]
            }
            let id: TicketID = try request.identifier("ticket", of: "Ticket")
            guard let ticket = try await services.tickets.ticket(id, in: organizations) else {
                throw APIError.notFound("Ticket")
            }
            try principal.require(role, in: ticket.organization)
            request.context.subject.note(organization: ticket.organization)
            return try await handler(request, principal, ticket)
        }
    }
}
