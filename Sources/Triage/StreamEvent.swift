import FoundationEssentials

/// That a row of an organisation changed, for whoever looks on: which one and how, never what is in it.
public struct StreamEvent: Sendable, Equatable {
    /// What kind of row changed.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        case ticket, suggestion, job
    }

    /// Its place in the one order of all events: grows, with gaps where other organisations' events are.
    public var position: Int64
    public var organization: OrganizationID
    public var kind: Kind
    /// The ticket's, suggestion's or job run's id.
    public var row: Int64
    public var ticket: TicketID
    /// `created`, `updated` or `deleted` of a ticket; `created`, `updated`, `accepted` or `rejected` of a suggestion; the
    /// status of a job run.
    public var change: String
    public var createdAt: Date

    public init(
        position: Int64, organization: OrganizationID, kind: Kind, row: Int64, ticket: TicketID, change: String,
        createdAt: Date
    ) {
        self.position = position
        self.organization = organization
        self.kind = kind
        self.row = row
        self.ticket = ticket
        self.change = change
        self.createdAt = createdAt
    }
}
