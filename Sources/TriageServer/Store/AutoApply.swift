import Postgres
import Triage

/// Leave to apply one proposal to its ticket without a person.
struct AutoApproval: Sendable {
    var entry: AutoApplyPolicy.Entry
    /// Locked until the transaction ends.
    var ticket: Ticket
}

/// Applying a suggestion by the organisation's own policy, inside the transaction that records it.
///
/// It is a decision, but no label: nobody has reviewed it, so routing does not learn from it, and it counts in no measured
/// precision. What a person has decided on the ticket is never overruled.
extension PostgresConnection {
    /// - Parameter ticket: as the proposal's maker read it.
    /// - Returns: nil when the policy does not allow it, or when it would overrule a person: the ticket was changed
    ///   meanwhile, is resolved, has another team, or carries a decision already.
    func autoApproval(of proposal: TriageProposal, on ticket: Ticket) async throws -> AutoApproval? {
        // Most organisations and many proposals end here, without a query.
        guard let team = proposal.team, proposal.confidence != nil else { return nil }
        let policy = try await autoApplyPolicy(of: ticket.organization, isHeld: true)
        guard let entry = policy.entry(allowing: proposal) else { return nil }
        let rows = try await query(
            """
            SELECT \(Ticket.columns) FROM tickets t
            WHERE t.id = \(ticket.id) AND t.organization_id = \(ticket.organization) AND t.deleted_at IS NULL
                  AND t.version = \(ticket.version) AND t.status <> 'resolved'
                  AND coalesce(t.assigned_team, \(team)) = \(team)
                  AND NOT EXISTS (SELECT FROM decided_tickets d
                                  WHERE d.organization_id = t.organization_id AND d.ticket_id = t.id)
            FOR NO KEY UPDATE
            """)
        return try rows.first.map { AutoApproval(entry: entry, ticket: try $0.ticket()) }
    }

    /// Accepts the suggestion that was just written and applies it, with its events.
    func autoApply(_ id: SuggestionID, _ proposal: TriageProposal, with approval: AutoApproval) async throws {
        let ticket = approval.ticket
        let applied = ApprovalEdits.Field.allCases.map(\.rawValue).sorted().map(JSONValue.string)
        let decision: JSONValue = [
            "auto_applied": true, "edits": [:], "applied": .array(applied),
            "confidence_min": .double(approval.entry.confidenceMin),
        ]
        try await execute(
            """
            UPDATE suggestions SET status = 'accepted', decision = \(decision), decided_at = now(), updated_at = now()
            WHERE id = \(id) AND organization_id = \(ticket.organization) AND status = 'pending'
            """)
        try await record(
            .autoApplied, of: ticket.id, in: ticket.organization, by: .ai,
            payload: [
                "suggestion": .int(id.rawValue), "applied": .array(applied),
                "confidence": proposal.confidence.map(JSONValue.double) ?? .null,
                "confidence_min": .double(approval.entry.confidenceMin),
            ])
        _ = try await apply(
            TicketChanges(priority: proposal.priority, assignedTeam: .some(proposal.team)), to: ticket, by: .ai)
    }
}
