import FoundationEssentials
import JobQueue
import Postgres
import Triage

/// Suggestions in Postgres: written once by a job, decided once by a person.
struct SuggestionStore: Sendable {
    let pool: PostgresPool
    let queue: JobQueue

    static let columns: SQL = """
        s.id, s.organization_id, s.ticket_id, s.job_run_id, s.status, s.suggested_priority, s.suggested_team,
        s.draft_reply, s.classification, s.citations, s.confidence, s.metadata, s.created_at, s.updated_at
        """

    /// Newest first.
    func suggestions(
        of ticket: TicketID, in organization: OrganizationID, page: PageWindow
    ) async throws -> Page<Suggestion> {
        let condition: SQL = "s.organization_id = \(organization) AND s.ticket_id = \(ticket)"
        return try await pool.page(
            count: "SELECT count(*) AS n FROM suggestions s WHERE \(condition)",
            rows: """
                SELECT \(Self.columns) FROM suggestions s WHERE \(condition)
                ORDER BY s.created_at DESC, s.id DESC LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization
        ) { try $0.suggestion() }
    }

    func suggestion(
        _ id: SuggestionID, of ticket: TicketID, in organization: OrganizationID
    ) async throws -> Suggestion? {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM suggestions s
            WHERE s.id = \(id) AND s.ticket_id = \(ticket) AND s.organization_id = \(organization)
            """, in: organization)
        return try rows.first?.suggestion()
    }

    /// Suggestion, event, run and job completion in one fenced transaction (promises I2 and I3); where the organisation's
    /// policy allows it, the suggestion is applied as well.
    ///
    /// - Throws: `JobQueueError.stale` when another attempt has taken the job over; nothing is written then.
    func record(_ proposal: TriageProposal, for ticket: Ticket, run: JobRunID, job: ClaimedJob) async throws {
        try await pool.withTransaction(in: ticket.organization) { connection in
            try await JobQueue.complete(job, on: connection)
            // Before anything refers to the ticket: two that first shared its row and then wanted it alone would block.
            let approval = try await connection.autoApproval(of: proposal, on: ticket)
            let row = try await connection.query(
                """
                INSERT INTO suggestions (organization_id, ticket_id, job_run_id, suggested_priority, suggested_team,
                                         draft_reply, classification, citations, confidence, metadata,
                                         ticket_priority, ticket_team, ticket_status, ticket_subject, ticket_body_md5)
                VALUES (\(ticket.organization), \(ticket.id), \(run), \(proposal.priority.rawValue), \(proposal.team),
                        \(proposal.draftReply), \(proposal.classification), \(try JSONValue(encoding: proposal.citations)),
                        \(proposal.confidence), \(proposal.metadata),
                        \(ticket.priority.rawValue), \(ticket.assignedTeam), \(ticket.status.rawValue), \(ticket.subject),
                        md5(\(ticket.body)))
                RETURNING id
                """
            ).one()
            let id: SuggestionID = try row.decode("id")
            try await JobRunStore.succeeded(run, attempt: job.attempt, on: connection)
            try await connection.record(
                .suggestionCreated, of: ticket.id, in: ticket.organization, by: .ai,
                payload: [
                    "suggestion": .int(id.rawValue), "job_run": .int(run.rawValue),
                    "suggested_priority": .string(proposal.priority.rawValue),
                    "suggested_team": JSONValue(proposal.team),
                ])
            if let approval { try await connection.autoApply(id, proposal, with: approval) }
        }
    }
}

extension JSONValue {
    /// Any encodable value as JSON of no fixed shape.
    init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }
}
