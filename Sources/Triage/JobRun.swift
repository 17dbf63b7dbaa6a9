import FoundationEssentials

/// One asked-for attempt at triaging a ticket, as the client that triggered it sees it.
public struct JobRun: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable, Codable {
        case queued, running, succeeded, failed

        public var isFinal: Bool { self == .succeeded || self == .failed }
    }

    public var id: JobRunID
    public var organization: OrganizationID
    public var ticket: TicketID
    public var status: Status
    public var attemptCount: Int
    public var startedAt: Date?
    public var finishedAt: Date?
    /// A sentence for the agent; never customer text.
    public var error: String?
    public var suggestion: SuggestionID?

    public init(
        id: JobRunID, organization: OrganizationID, ticket: TicketID, status: Status, attemptCount: Int,
        startedAt: Date?, finishedAt: Date?, error: String?, suggestion: SuggestionID?
    ) {
        self.id = id
        self.organization = organization
        self.ticket = ticket
        self.status = status
        self.attemptCount = attemptCount
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.error = error
        self.suggestion = suggestion
    }
}
