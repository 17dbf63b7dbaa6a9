import JobQueue
import Postgres
import Triage

/// What an agent changes while approving.
struct ApprovalEdits: Sendable {
    /// The parts of a suggestion that an approval can apply to the ticket.
    enum Field: String, Sendable, CaseIterable {
        case priority = "suggested_priority"
        case team = "suggested_team"
    }

    var priority: Ticket.Priority?
    /// `.some(nil)` leaves the ticket without a team.
    var team: String??
    var draftReply: String?
    /// Which parts are applied; nil applies all.
    var fields: Set<Field>?
    /// Applies even where a person has changed the ticket since the suggestion was made.
    var force = false

    var applied: Set<Field> { fields ?? Set(Field.allCases) }

    /// Whether an accepted suggestion is what these edits make of it. What they do not name is as it was accepted: a
    /// bare approval only says that the suggestion is to be accepted.
    func agree(with accepted: Suggestion, decision: JSONValue?) -> Bool {
        let proposal = accepted.proposal
        let applied = decision?["applied"]?.arrayValue?.compactMap(\.stringValue)
        return priority.map { $0 == proposal.priority } ?? true
            && team.map { $0.hasSameBytes(as: proposal.team) } ?? true
            && draftReply.map { $0.hasSameBytes(as: proposal.draftReply) } ?? true
            && fields.map { $0.map(\.rawValue).sorted() == applied?.sorted() } ?? true
    }
}

/// Why an agent rejects, and what would have been right.
struct RejectionNote: Sendable {
    static let reasonCharactersMax = 2_000

    var reason: String?
    var correctTeam: String?
    var correctPriority: Ticket.Priority?

    /// Whether a rejection was recorded with these values; what the note does not say is as it was recorded.
    func agrees(with decision: JSONValue?) -> Bool {
        func same(_ value: String?, _ key: String) -> Bool {
            value == nil || (decision?[key]?.stringValue).hasSameBytes(as: value)
        }
        return same(reason, "reason") && same(correctTeam, "correct_team")
            && same(correctPriority?.rawValue, "correct_priority")
    }
}

extension SuggestionStore {
    /// Accepts the suggestion and applies it to its ticket, once (promise I4). The same approval again changes nothing.
    ///
    /// - Throws: `StoreError.notFound`, `.alreadyDecided`, `.decidedOtherwise`, `.ticketChanged`, `.unknownTeam`.
    func approve(
        _ id: SuggestionID, of ticket: TicketID, in organization: OrganizationID, edits: ApprovalEdits, by user: UserID
    ) async throws -> Suggestion {
        let accepted = try await pool.withTransaction(in: organization) { connection in
            let before = try await connection.lockedTicket(ticket, in: organization)
            let pending = try await connection.lockedSuggestion(id, of: ticket, in: organization)
            switch pending.suggestion.status {
            case .accepted where edits.agree(with: pending.suggestion, decision: pending.decision):
                return pending.suggestion
            case .accepted: throw StoreError.decidedOtherwise(as: .accepted)
            case .rejected: throw StoreError.alreadyDecided(as: .rejected)
            case .pending: break
            }
            let proposed = pending.suggestion.proposal
            let priority = edits.priority ?? proposed.priority
            let team = edits.team ?? proposed.team
            let draft = edits.draftReply ?? proposed.draftReply
            var changes = TicketChanges()
            if edits.applied.contains(.priority) { changes.priority = priority }
            // A suggestion without a team has nothing to say about whose ticket it is.
            if edits.applied.contains(.team), team != nil || edits.team != nil { changes.assignedTeam = team }
            if !edits.force { try pending.checkUnchanged(before, under: changes) }

            try await connection.requireTeam(team, in: organization)

            var edited: [String: JSONValue] = [:]
            if priority != proposed.priority {
                edited["suggested_priority"] = change(proposed.priority.rawValue, priority.rawValue)
            }
            if !team.hasSameBytes(as: proposed.team) { edited["suggested_team"] = change(proposed.team, team) }
            if !draft.hasSameBytes(as: proposed.draftReply) {
                edited["draft_reply"] = change(proposed.draftReply, draft)
            }
            let applied = edits.applied.map(\.rawValue).sorted().map(JSONValue.string)
            let decision: JSONValue = ["edits": .object(edited), "applied": .array(applied)]

            let row = try await connection.query(
                """
                UPDATE suggestions s
                SET status = 'accepted', suggested_priority = \(priority.rawValue), suggested_team = \(team),
                    draft_reply = \(draft), decision = \(decision), decided_by = \(user), decided_at = now(),
                    updated_at = now()
                WHERE s.id = \(id) AND s.status = 'pending'
                RETURNING \(Self.columns)
                """
            ).one()
            let reference = JSONValue.int(id.rawValue)
            if !edited.isEmpty {
                try await connection.record(
                    .suggestionEdited, of: ticket, in: organization, by: .user(user),
                    payload: ["suggestion": reference, "fields": .array(edited.keys.sorted().map(JSONValue.string))])
            }
            try await connection.record(
                .suggestionApproved, of: ticket, in: organization, by: .user(user),
                payload: ["suggestion": reference, "applied": .array(applied)])
            let after = try await connection.apply(changes, to: before, by: .user(user))
            if let team = after.assignedTeam {
                let corrected = edited["suggested_team"] != nil || edited["suggested_priority"] != nil
                try await connection.recordDecision(
                    on: ticket, in: organization, team: team, priority: after.priority,
                    by: corrected ? .correction : .approval)
            }
            return try row.suggestion()
        }
        queue.hint()
        return accepted
    }

    /// Rejects the suggestion, once; what the agent says is right is applied to the ticket and learnt from.
    ///
    /// - Throws: `StoreError.notFound`, `.alreadyDecided`, `.decidedOtherwise`, `.unknownTeam`.
    func reject(
        _ id: SuggestionID, of ticket: TicketID, in organization: OrganizationID, note: RejectionNote, by user: UserID
    ) async throws -> Suggestion {
        let rejected = try await pool.withTransaction(in: organization) { connection in
            let before = try await connection.lockedTicket(ticket, in: organization)
            let pending = try await connection.lockedSuggestion(id, of: ticket, in: organization)
            switch pending.suggestion.status {
            case .rejected where note.agrees(with: pending.decision): return pending.suggestion
            case .rejected: throw StoreError.decidedOtherwise(as: .rejected)
            case .accepted: throw StoreError.alreadyDecided(as: .accepted)
            case .pending: break
            }
            let decision: JSONValue = [
                "reason": JSONValue(note.reason), "correct_team": JSONValue(note.correctTeam),
                "correct_priority": JSONValue(note.correctPriority?.rawValue),
            ]
            let row = try await connection.query(
                """
                UPDATE suggestions s
                SET status = 'rejected', decision = \(decision), decided_by = \(user), decided_at = now(),
                    updated_at = now()
                WHERE s.id = \(id) AND s.status = 'pending'
                RETURNING \(Self.columns)
                """
            ).one()
            try await connection.record(
                .suggestionRejected, of: ticket, in: organization, by: .user(user),
                payload: ["suggestion": .int(id.rawValue), "reason": JSONValue(note.reason)])
            var changes = TicketChanges(priority: note.correctPriority)
            if let team = note.correctTeam { changes.assignedTeam = .some(team) }
            let after = try await connection.apply(changes, to: before, by: .user(user))
            if let team = note.correctTeam {
                try await connection.recordDecision(
                    on: ticket, in: organization, team: team, priority: after.priority, by: .correction)
            }
            return try row.suggestion()
        }
        queue.hint()
        return rejected
    }

    /// Changes a pending suggestion's draft, and for those who may also its priority and team.
    ///
    /// - Throws: `StoreError.notFound`, `.alreadyDecided`, `.unknownTeam`.
    func edit(
        _ id: SuggestionID, of ticket: TicketID, in organization: OrganizationID, draftReply: String?,
        priority: Ticket.Priority?, team: String??, by user: UserID
    ) async throws -> Suggestion {
        try await pool.withTransaction(in: organization) { connection in
            let pending = try await connection.lockedSuggestion(id, of: ticket, in: organization).suggestion
            guard pending.status == .pending else { throw StoreError.alreadyDecided(as: pending.status) }
            var proposal = pending.proposal
            var fields: [JSONValue] = []
            if let draftReply, !draftReply.hasSameBytes(as: proposal.draftReply) {
                proposal.draftReply = draftReply
                fields.append("draft_reply")
            }
            if let priority, priority != proposal.priority {
                proposal.priority = priority
                fields.append("suggested_priority")
            }
            if let team, !team.hasSameBytes(as: proposal.team) {
                proposal.team = team
                fields.append("suggested_team")
                try await connection.requireTeam(team, in: organization)
            }
            guard !fields.isEmpty else { return pending }
            let row = try await connection.query(
                """
                UPDATE suggestions s
                SET draft_reply = \(proposal.draftReply), suggested_priority = \(proposal.priority.rawValue),
                    suggested_team = \(proposal.team), updated_at = now()
                WHERE s.id = \(id) AND s.status = 'pending'
                RETURNING \(Self.columns)
                """
            ).one()
            try await connection.record(
                .suggestionEdited, of: ticket, in: organization, by: .user(user),
                payload: ["suggestion": .int(id.rawValue), "fields": .array(fields)])
            return try row.suggestion()
        }
    }

    private func change(_ from: String?, _ to: String?) -> JSONValue {
        ["from": JSONValue(from), "to": JSONValue(to)]
    }
}

/// A locked suggestion, and the ticket's fields as they were when it was made.
private struct LockedSuggestion {
    var suggestion: Suggestion
    /// What was decided with which values; nil while it is pending.
    var decision: JSONValue?
    var ticketPriority: Ticket.Priority
    var ticketTeam: String?
    var ticketStatus: Ticket.Status
    var ticketSubject: String
    var ticketBodyIsSame: Bool
    /// The kinds of change that people have made to the ticket since the suggestion was asked for.
    var peoplesEvents: [String]

    /// - Throws: `StoreError.ticketChanged` naming what a person changed since: of team and priority, only where the
    ///   change would be overwritten.
    func checkUnchanged(_ ticket: Ticket, under changes: TicketChanges) throws {
        func byPerson(_ kind: TicketEvent.Kind) -> Bool { peoplesEvents.contains(kind.rawValue) }
        var fields: [String] = []
        // Subject and body have no events of their own: nobody but people changes them.
        if !ticket.subject.hasSameBytes(as: ticketSubject) { fields.append("subject") }
        if !ticketBodyIsSame { fields.append("body") }
        if ticket.status != ticketStatus, byPerson(.statusChanged) { fields.append("status") }
        if let priority = changes.priority, ticket.priority != ticketPriority, ticket.priority != priority,
            byPerson(.priorityChanged)
        {
            fields.append("priority")
        }
        if let team = changes.assignedTeam, !ticket.assignedTeam.hasSameBytes(as: ticketTeam),
            !ticket.assignedTeam.hasSameBytes(as: team), byPerson(.assignedTeamChanged)
        {
            fields.append("assigned_team")
        }
        if !fields.isEmpty { throw StoreError.ticketChanged(fields: fields) }
    }
}

extension PostgresConnection {
    /// A person's change counts if it came after the run was created, or if it is the last of its kind: one that was being
    /// committed while the suggestion's maker read the ticket can be older than the run.
    fileprivate func lockedSuggestion(
        _ id: SuggestionID, of ticket: TicketID, in organization: OrganizationID
    ) async throws -> LockedSuggestion {
        let rows = try await query(
            """
            SELECT \(SuggestionStore.columns), s.decision, s.ticket_priority, s.ticket_team, s.ticket_status, s.ticket_subject,
                   s.ticket_body_md5 = md5(t.body) AS body_is_same,
                   ARRAY(SELECT e.event_type FROM ticket_events e
                         WHERE e.organization_id = s.organization_id AND e.ticket_id = s.ticket_id
                               AND e.event_type IN ('STATUS_CHANGED', 'PRIORITY_CHANGED', 'ASSIGNED_TEAM_CHANGED')
                         GROUP BY e.event_type
                         HAVING bool_or(e.actor_type = 'user' AND e.created_at >= r.created_at)
                                OR (array_agg(e.actor_type ORDER BY e.id DESC))[1] = 'user') AS peoples_events
            FROM suggestions s JOIN tickets t ON t.organization_id = s.organization_id AND t.id = s.ticket_id
                 JOIN job_runs r ON r.organization_id = s.organization_id AND r.id = s.job_run_id
            WHERE s.id = \(id) AND s.ticket_id = \(ticket) AND s.organization_id = \(organization) FOR UPDATE OF s
            """)
        guard let row = rows.first else { throw StoreError.notFound }
        return LockedSuggestion(
            suggestion: try row.suggestion(), decision: try row.decode("decision"),
            ticketPriority: try row.decodeCase("ticket_priority"),
            ticketTeam: try row.decode("ticket_team"), ticketStatus: try row.decodeCase("ticket_status"),
            ticketSubject: try row.decode("ticket_subject"), ticketBodyIsSame: try row.decode("body_is_same"),
            peoplesEvents: try row.decode("peoples_events"))
    }
}
