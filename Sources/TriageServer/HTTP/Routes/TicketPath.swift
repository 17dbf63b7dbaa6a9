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

    /// A route on a ticket for members of at least that role, with an operation for either path; another organisation's
    /// ticket is one that does not exist.
    func endpoint(
        _ method: HTTPRequest.Method, _ suffix: String = "", role: Role, _ operation: Operation? = nil,
        bodyBytesMax: Int = RequestLimits.bodyBytesMax, handler: @escaping Handler
    ) -> Endpoint {
        var operation = operation
        if isInOrganization { operation?.id += "InOrganization" }
        let described = operation
        return .signedIn(
            method, prefix + suffix, services, access: .member(role), described, bodyBytesMax: bodyBytesMax
        ) { request, user in
            // A large body is held for nobody else.
            if described?.body != nil, request.announcesMuch { _ = try await find(request, for: user, as: role) }
            let request = try await request.withBody(of: described)
            let (principal, ticket) = try await find(request, for: user, as: role)
            request.context.subject.note(organization: ticket.organization)
            return try await handler(request, principal, ticket)
        }
    }

    private func find(
        _ request: APIRequest, for user: UserID, as role: Role
    ) async throws -> (principal: Principal, ticket: Ticket) {
        let organization = isInOrganization ? try request.organization() : nil
        let id: TicketID = try request.identifier("ticket", of: "Ticket")
        let found = try await services.access.ticket(id, in: organization, for: user)
        let principal = try Authenticator.principal(
            user, found.standing, orMissing: isInOrganization ? "Organization" : "Ticket")
        if isInOrganization { try principal.require(role) }
        guard let ticket = found.ticket else { throw APIError.notFound("Ticket") }
        try principal.require(role)
        return (principal, ticket)
    }
}
