import Triage

/// The signed-in user of one request, with the roles that Postgres gives them at this moment.
package struct Principal: Sendable, Equatable {
    package let user: User

    package init(user: User) { self.user = user }

    package var organizations: [OrganizationID] { user.memberships.map(\.organization.id) }

    package var actor: TicketEvent.Actor { .user(user.id) }

    /// - Throws: 404 for an organisation that is not the user's, as for one that does not exist; 403 for too low a role.
    package func require(_ role: Role, in organization: OrganizationID) throws {
        guard let own = user.role(in: organization) else { throw APIError.notFound("Organization") }
        guard own >= role else { throw APIError.roleTooLow }
    }

    package func has(_ role: Role, in organization: OrganizationID) -> Bool {
        user.role(in: organization).map { $0 >= role } ?? false
    }
}
