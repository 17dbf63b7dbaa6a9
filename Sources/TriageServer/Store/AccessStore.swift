import Postgres
import Triage

/// Who somebody is in an organisation. The schema's own functions decide it: only they see memberships before an
/// organisation has been entered.
struct AccessStore: Sendable {
    /// A user of ours, and what they are where they want to go.
    struct Standing: Sendable, Equatable {
        var isActive: Bool
        /// nil: no member, or there is no such organisation.
        var role: Role?
    }

    let pool: PostgresPool

    /// nil when there is no such user.
    func standing(of user: UserID, in organization: OrganizationID) async throws -> Standing? {
        try await pool.sharedQueries([], by: Entry(user: user, door: .organization(organization)))
            .standing
    }

    /// The user's standing where they look for the ticket, with the ticket, in one round trip. The ticket is nil when it is
    /// not there, and when the user is no member.
    ///
    /// - Parameter organization: where the ticket is to be looked for; nil takes it from the ticket.
    func ticket(
        _ id: TicketID, in organization: OrganizationID?, for user: UserID
    ) async throws -> (standing: Standing?, ticket: Ticket?) {
        let entry = Entry(user: user, door: organization.map { .organization($0) } ?? .ticket(id))
        let (standing, results) = try await pool.sharedQueries(
            [
                """
                SELECT \(Ticket.columns) FROM tickets t
                WHERE t.id = \(id) AND t.organization_id = (SELECT nexify_organization()) AND t.deleted_at IS NULL
                """
            ], by: entry)
        return (standing, try results[0].first?.ticket())
    }

    /// The organisation of a job run, with the user's standing there; nil for one of others as for none.
    func organization(
        ofJobRun id: JobRunID, for user: UserID
    ) async throws -> (standing: Standing, organization: OrganizationID?)? {
        let row = try await pool.sharedQueries([
            "SELECT is_active, role, organization_id FROM enter_job_run(\(user), \(id))"
        ])[0].one()
        return try row.standing().map { ($0, try row.decode("organization_id")) }
    }
}

extension PostgresRow {
    /// nil for somebody who does not exist.
    func standing() throws -> AccessStore.Standing? {
        guard let isActive = try decode("is_active", as: Bool?.self) else { return nil }
        return AccessStore.Standing(
            isActive: isActive, role: try decode("role", as: String?.self).flatMap(Role.init))
    }
}
