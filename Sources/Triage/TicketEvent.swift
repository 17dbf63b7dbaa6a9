import FoundationEssentials

/// One line of a ticket's audit trail. Events are written with the change they tell of, and never changed or deleted.
public struct TicketEvent: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable, Codable {
        case ticketCreated = "TICKET_CREATED"
        case statusChanged = "STATUS_CHANGED"
        case priorityChanged = "PRIORITY_CHANGED"
        case assignedTeamChanged = "ASSIGNED_TEAM_CHANGED"
        case commentAdded = "COMMENT_ADDED"
        case triageEnqueued = "TRIAGE_ENQUEUED"
        case triageFailed = "TRIAGE_FAILED"
        case suggestionCreated = "SUGGESTION_CREATED"
        case suggestionEdited = "SUGGESTION_EDITED"
        case suggestionApproved = "SUGGESTION_APPROVED"
        case suggestionRejected = "SUGGESTION_REJECTED"
        case autoApplied = "AUTO_APPLIED"
    }

    /// Who did it. Only a user has an id.
    public enum Actor: Sendable, Equatable {
        case user(UserID)
        case system
        case ai
        case webhook

        /// The contract's `actor_type`.
        public var type: String {
            switch self {
            case .user: "user"
            case .system: "system"
            case .ai: "ai"
            case .webhook: "webhook"
            }
        }

        public var user: UserID? { if case .user(let id) = self { id } else { nil } }

        public static let types = ["user", "system", "ai", "webhook"]
    }

    public var id: EventID
    public var ticket: TicketID
    public var kind: Kind
    public var actor: Actor
    public var payload: JSONValue
    public var createdAt: Date

    public init(
        id: EventID, ticket: TicketID, kind: Kind, actor: Actor, payload: JSONValue, createdAt: Date
    ) {
        self.id = id
        self.ticket = ticket
        self.kind = kind
        self.actor = actor
        self.payload = payload
        self.createdAt = createdAt
    }
}
