import Triage

/// The member who makes a request, with the role that Postgres gives them at this moment in the organisation that it is
/// about.
package struct Principal: Sendable, Equatable {
    package let user: UserID
    package let role: Role

    package init(user: UserID, role: Role) {
        self.user = user
        self.role = role
    }

    package var actor: TicketEvent.Actor { .user(user) }

    /// - Throws: 403.
    package func require(_ role: Role) throws {
        guard self.role >= role else { throw APIError.roleTooLow }
    }
}
