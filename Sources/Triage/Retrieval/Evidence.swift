/// What retrieval found for one ticket, and how.
public struct Evidence: Sendable, Equatable {
    /// The query's own embedding, for classifiers.
    public var queryVector: [Float]
    /// Best first.
    public var passages: [Passage]
    /// Best first.
    public var decidedTickets: [DecidedTicket]
    public var report: RetrievalReport

    public init(
        queryVector: [Float], passages: [Passage], decidedTickets: [DecidedTicket], report: RetrievalReport
    ) {
        self.queryVector = queryVector
        self.passages = passages
        self.decidedTickets = decidedTickets
        self.report = report
    }
}

/// A retrieved chunk with its ranks and scores.
public struct Passage: Sendable, Equatable {
    public var chunkID: ChunkID
    public var chunkIndex: Int
    public var documentID: DocumentID
    public var documentTitle: String
    public var text: String
    /// Unicode scalar offsets into the document's text, half open.
    public var characters: Range<Int>
    /// A similarity: higher is better. Cosine in vector mode, fused rank score otherwise.
    public var score: Double
    /// From 1; nil when that search did not return it.
    public var vectorRank: Int?
    public var textRank: Int?
    public var cosine: Double?

    public init(
        chunkID: ChunkID, chunkIndex: Int, documentID: DocumentID, documentTitle: String, text: String,
        characters: Range<Int>, score: Double, vectorRank: Int?, textRank: Int?, cosine: Double?
    ) {
        self.chunkID = chunkID
        self.chunkIndex = chunkIndex
        self.documentID = documentID
        self.documentTitle = documentTitle
        self.text = text
        self.characters = characters
        self.score = score
        self.vectorRank = vectorRank
        self.textRank = textRank
        self.cosine = cosine
    }
}

/// A ticket that a person has decided (approved, corrected or resolved): a label, and a precedent.
public struct DecidedTicket: Sendable, Equatable {
    public var ticket: TicketID
    public var subject: String
    public var team: String
    public var priority: Ticket.Priority
    /// Cosine to the query.
    public var score: Double

    public init(ticket: TicketID, subject: String, team: String, priority: Ticket.Priority, score: Double) {
        self.ticket = ticket
        self.subject = subject
        self.team = team
        self.priority = priority
        self.score = score
    }
}

/// Which backend answered, for the suggestion's metadata and for `/readyz`.
public struct RetrievalReport: Sendable, Equatable {
    public enum Backend: String, Sendable, CaseIterable, Codable {
        case index, pgvector
    }

    public var backend: Backend
    /// The content hash of the snapshot that answered; nil when pgvector did.
    public var indexGeneration: String?
    /// How far that index had followed its rows: what had changed by then was in the answer.
    public var indexVersion: UInt64?
    /// Why the index was not used, when it was not.
    public var fallbackReason: String?
    public var embeddingModel: String
    /// recall@k of the index against pgvector's exact answer, when this retrieval was checked.
    public var agreement: Double?

    public init(
        backend: Backend, indexGeneration: String?, indexVersion: UInt64? = nil, fallbackReason: String?,
        embeddingModel: String, agreement: Double?
    ) {
        self.backend = backend
        self.indexGeneration = indexGeneration
        self.indexVersion = indexVersion
        self.fallbackReason = fallbackReason
        self.embeddingModel = embeddingModel
        self.agreement = agreement
    }
}
