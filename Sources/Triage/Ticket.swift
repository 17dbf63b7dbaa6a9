import FoundationEssentials

/// What a customer asked, as the organisation's agents see it.
public struct Ticket: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable, Codable {
        case open
        case inProgress = "in_progress"
        case resolved
    }

    /// From least to most urgent.
    public enum Priority: String, Sendable, CaseIterable, Codable, Comparable {
        case low, medium, high, urgent

        /// 0 for low … 3 for urgent.
        public var urgency: Int {
            switch self {
            case .low: 0
            case .medium: 1
            case .high: 2
            case .urgent: 3
            }
        }

        public static func < (left: Self, right: Self) -> Bool { left.urgency < right.urgency }
    }

    public enum Limits {
        public static let subjectCharactersMax = 250
        public static let bodyCharactersMax = 100_000
        public static let emailCharactersMax = 254
    }

    public var id: TicketID
    public var organization: OrganizationID
    public var requesterEmail: String
    public var subject: String
    public var body: String
    public var status: Status
    public var priority: Priority
    /// The name of one of the organisation's teams; nil while nobody has it.
    public var assignedTeam: String?
    public var createdAt: Date
    public var updatedAt: Date
    /// Grows by one with every change; the ticket's ETag.
    public var version: Int64

    public init(
        id: TicketID, organization: OrganizationID, requesterEmail: String, subject: String, body: String,
        status: Status, priority: Priority, assignedTeam: String?, createdAt: Date, updatedAt: Date, version: Int64
    ) {
        self.id = id
        self.organization = organization
        self.requesterEmail = requesterEmail
        self.subject = subject
        self.body = body
        self.status = status
        self.priority = priority
        self.assignedTeam = assignedTeam
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }

    /// The one text of a ticket that is embedded, searched and shown to models: subject, blank line, body.
    public var text: String { Self.text(subject: subject, body: body) }

    public static func text(subject: String, body: String) -> String { subject + "\n\n" + body }
}
