import FoundationEssentials
import Postgres
import Triage

extension Ticket {
    /// The columns that `PostgresRow.ticket()` reads, of a table called `t`.
    static let columns: SQL = """
        t.id, t.organization_id, t.requester_email, t.subject, t.body, t.status, t.priority, t.assigned_team,
        t.created_at, t.updated_at, t.version
        """
}

extension PostgresRow {
    func ticket() throws -> Ticket {
        Ticket(
            id: try decode("id"), organization: try decode("organization_id"),
            requesterEmail: try decode("requester_email"), subject: try decode("subject"), body: try decode("body"),
            status: try decodeCase("status"), priority: try decodeCase("priority"),
            assignedTeam: try decode("assigned_team"), createdAt: try decode("created_at"),
            updatedAt: try decode("updated_at"), version: try decode("version"))
    }

    func ticketEvent() throws -> TicketEvent {
        let user: UserID? = try decode("actor_user_id")
        let actor: TicketEvent.Actor =
            switch try decode("actor_type", as: String.self) {
            case "user": user.map { .user($0) } ?? .system
            case "ai": .ai
            case "webhook": .webhook
            default: .system
            }
        return TicketEvent(
            id: try decode("id"), ticket: try decode("ticket_id"), kind: try decodeCase("event_type"), actor: actor,
            payload: try decode("payload"), createdAt: try decode("created_at"))
    }

    func jobRun() throws -> JobRun {
        JobRun(
            id: try decode("id"), organization: try decode("organization_id"), ticket: try decode("ticket_id"),
            status: try decodeCase("status"), attemptCount: try decode("attempt_count"),
            startedAt: try decode("started_at"), finishedAt: try decode("finished_at"), error: try decode("error"),
            suggestion: try decode("suggestion_id"))
    }

    func document() throws -> Document {
        Document(
            id: try decode("id"), organization: try decode("organization_id"), title: try decode("title"),
            text: try decode("text"), metadata: try decode("metadata"),
            indexStatus: try decode("indexed", as: Bool.self) ? .indexed : .pending,
            createdAt: try decode("created_at"), updatedAt: try decode("updated_at"), version: try decode("version"))
    }

    func chunk() throws -> Chunk {
        Chunk(
            id: try decode("id"), document: try decode("document_id"), index: try decode("chunk_index"),
            text: try decode("text"),
            characters: try decode("char_start", as: Int.self)..<decode("char_end", as: Int.self),
            createdAt: try decode("created_at"))
    }

    func suggestion() throws -> Suggestion {
        let citations: JSONValue = try decode("citations")
        let proposal = TriageProposal(
            priority: try decodeCase("suggested_priority"), team: try decode("suggested_team"),
            draftReply: try decode("draft_reply"), classification: try decode("classification"),
            citations: try JSONDecoder().decode([Citation].self, from: JSONEncoder().encode(citations)),
            confidence: try decode("confidence"), metadata: try decode("metadata"))
        return Suggestion(
            id: try decode("id"), organization: try decode("organization_id"), ticket: try decode("ticket_id"),
            jobRun: try decode("job_run_id"), status: try decodeCase("status"), proposal: proposal,
            createdAt: try decode("created_at"), updatedAt: try decode("updated_at"))
    }

    /// A text column that holds a case of an enumeration; the schema's CHECK says which.
    func decodeCase<T: RawRepresentable>(_ column: String) throws -> T where T.RawValue == String {
        let text: String = try decode(column)
        guard let value = T(rawValue: text) else {
            throw PostgresError(
                .decoding, "column \(column) holds a value that this version does not know; upgrade it")
        }
        return value
    }
}

extension [PostgresRow] {
    /// The only row of a statement that always returns one.
    func one() throws -> PostgresRow {
        guard count == 1, let row = first else {
            throw PostgresError(.decoding, "expected one row, got \(count)")
        }
        return row
    }
}
