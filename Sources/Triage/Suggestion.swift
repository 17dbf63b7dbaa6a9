import FoundationEssentials

/// What triage proposes for a ticket, with its evidence. A person decides; the decision happens once.
public struct Suggestion: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable, Codable {
        case pending, accepted, rejected
    }

    public var id: SuggestionID
    public var organization: OrganizationID
    public var ticket: TicketID
    public var jobRun: JobRunID
    public var status: Status
    public var proposal: TriageProposal
    public var createdAt: Date
    public var updatedAt: Date

    public init(
        id: SuggestionID, organization: OrganizationID, ticket: TicketID, jobRun: JobRunID, status: Status,
        proposal: TriageProposal, createdAt: Date, updatedAt: Date
    ) {
        self.id = id
        self.organization = organization
        self.ticket = ticket
        self.jobRun = jobRun
        self.status = status
        self.proposal = proposal
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// The content of a suggestion, before it has a row: what `TriageEngine` returns.
public struct TriageProposal: Sendable, Equatable {
    public var priority: Ticket.Priority
    /// One of the organisation's teams, or nil when nothing points to one.
    public var team: String?
    public var draftReply: String
    /// How the decision was reached: per-team and per-priority scores.
    public var classification: JSONValue
    public var citations: [Citation]
    /// 0–1, calibrated; nil when there is nothing to calibrate it on.
    public var confidence: Double?
    /// The evidence and the circumstances, so that the suggestion can be replayed.
    public var metadata: JSONValue

    public init(
        priority: Ticket.Priority, team: String?, draftReply: String, classification: JSONValue,
        citations: [Citation], confidence: Double?, metadata: JSONValue
    ) {
        self.priority = priority
        self.team = team
        self.draftReply = draftReply
        self.classification = classification
        self.citations = citations
        self.confidence = confidence
        self.metadata = metadata
    }
}

/// A passage that a drafted reply rests on.
public struct Citation: Sendable, Equatable, Codable {
    public var documentID: DocumentID
    public var documentTitle: String
    public var chunkID: ChunkID
    public var chunkIndex: Int
    public var charStart: Int
    public var charEnd: Int
    public var score: Double

    enum CodingKeys: String, CodingKey {
        case documentID = "document_id"
        case documentTitle = "document_title"
        case chunkID = "chunk_id"
        case chunkIndex = "chunk_index"
        case charStart = "char_start"
        case charEnd = "char_end"
        case score
    }

    public init(_ passage: Passage) {
        documentID = passage.documentID
        documentTitle = passage.documentTitle
        chunkID = passage.chunkID
        chunkIndex = passage.chunkIndex
        charStart = passage.characters.lowerBound
        charEnd = passage.characters.upperBound
        score = passage.score
    }
}
