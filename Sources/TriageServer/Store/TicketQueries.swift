import FoundationEssentials
import Postgres
import Triage

/// A ticket as its author writes it.
struct TicketDraft: Sendable {
    var requesterEmail: String
    var subject: String
    var body: String
    var priority: Ticket.Priority = .medium
}

/// What a PATCH asks for; nil leaves a field as it is.
struct TicketChanges: Sendable {
    var status: Ticket.Status?
    var priority: Ticket.Priority?
    /// `.some(nil)` takes the ticket from its team.
    var assignedTeam: String??
    var subject: String?
    var body: String?
}

/// Which tickets a list shows; nil filters nothing.
struct TicketFilter: Sendable {
    var status: Ticket.Status?
    var priority: Ticket.Priority?
    var assignedTeam: String?
    var createdFrom: Date?
    var createdTo: Date?
    /// Full-text query over subject, body and requester.
    var text: String?
    var hasPendingSuggestion: Bool?

    func condition(in organization: OrganizationID) -> SQL {
        var conditions: [SQL] = ["t.organization_id = \(organization)", "t.deleted_at IS NULL"]
        if let status { conditions.append("t.status = \(status.rawValue)") }
        if let priority { conditions.append("t.priority = \(priority.rawValue)") }
        if let assignedTeam { conditions.append("t.assigned_team = \(assignedTeam)") }
        if let createdFrom { conditions.append("t.created_at >= \(createdFrom)") }
        if let createdTo { conditions.append("t.created_at <= \(createdTo)") }
        if let text { conditions.append("t.id IN (SELECT tickets_matching(\(text)))") }
        if let hasPendingSuggestion {
            let pending: SQL = """
                EXISTS (SELECT FROM suggestions s
                        WHERE s.organization_id = t.organization_id AND s.ticket_id = t.id AND s.status = 'pending')
                """
            conditions.append(hasPendingSuggestion ? pending : "NOT \(pending)")
        }
        return conditions.joined(separator: " AND ")
    }
}

extension TicketFilter {
    /// The number of matches from the counts that the schema keeps; nil when they do not tell it. Counting the rows of a
    /// list of a hundred thousand costs more than all the rest of the request.
    func tallied(in organization: OrganizationID) -> SQL? {
        guard createdFrom == nil, createdTo == nil, text == nil, hasPendingSuggestion == nil else { return nil }
        var conditions: [SQL] = ["organization_id = \(organization)"]
        if let status { conditions.append("status = \(status.rawValue)") }
        if let priority { conditions.append("priority = \(priority.rawValue)") }
        if let assignedTeam { conditions.append("team = \(assignedTeam)") }
        let condition = conditions.joined(separator: " AND ")
        return """
            SELECT coalesce(sum(n), 0)::bigint AS n
            FROM (SELECT n FROM ticket_tally WHERE \(condition)
                  UNION ALL
                  SELECT n FROM ticket_tally_changes WHERE \(condition)) AS counted
            """
    }
}

/// One key of a list's order.
struct TicketOrder: Sendable, Equatable {
    enum Field: String, Sendable, CaseIterable {
        case id
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        /// By urgency, not by name.
        case priority
        case status
    }

    var field: Field
    var descending: Bool

    var expression: SQL {
        let key: SQL =
            switch field {
            case .id: "t.id"
            case .createdAt: "t.created_at"
            case .updatedAt: "t.updated_at"
            case .priority: "array_position(ARRAY['low', 'medium', 'high', 'urgent'], t.priority)"
            case .status: "array_position(ARRAY['open', 'in_progress', 'resolved'], t.status)"
            }
        return descending ? "\(key) DESC" : key
    }
}

/// Which events of a ticket a list shows.
struct EventFilter: Sendable {
    var kind: TicketEvent.Kind?
    /// One of `TicketEvent.Actor.types`.
    var actorType: String?
    var createdFrom: Date?
    var createdTo: Date?
}

/// One key of an event list's order.
struct EventOrder: Sendable, Equatable {
    enum Field: String, Sendable, CaseIterable {
        case id
        case createdAt = "created_at"
    }

    var field: Field
    var descending: Bool

    var expression: SQL {
        let key: SQL = field == .id ? "id" : "created_at"
        return descending ? "\(key) DESC" : key
    }
}
