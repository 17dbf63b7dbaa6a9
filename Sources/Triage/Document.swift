import FoundationEssentials

/// An article of an organisation's knowledge base.
public struct Document: Sendable, Equatable {
    /// Whether search can find it yet.
    public enum IndexStatus: String, Sendable, CaseIterable, Codable {
        case pending, indexed
    }

    public enum Limits {
        public static let titleCharactersMax = 255
        public static let textCharactersMax = 1_000_000
    }

    public var id: DocumentID
    public var organization: OrganizationID
    public var title: String
    public var text: String
    public var metadata: JSONValue
    public var indexStatus: IndexStatus
    public var createdAt: Date
    public var updatedAt: Date
    /// Grows by one with every change; the document's ETag.
    public var version: Int64

    public init(
        id: DocumentID, organization: OrganizationID, title: String, text: String, metadata: JSONValue,
        indexStatus: IndexStatus, createdAt: Date, updatedAt: Date, version: Int64
    ) {
        self.id = id
        self.organization = organization
        self.title = title
        self.text = text
        self.metadata = metadata
        self.indexStatus = indexStatus
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.version = version
    }
}

/// A passage of a document: what is embedded, retrieved and cited.
public struct Chunk: Sendable, Equatable {
    public var id: ChunkID
    public var document: DocumentID
    /// From 0 within the document.
    public var index: Int
    public var text: String
    /// Unicode scalar offsets into the document's text, half open.
    public var characters: Range<Int>
    public var createdAt: Date

    public init(
        id: ChunkID, document: DocumentID, index: Int, text: String, characters: Range<Int>, createdAt: Date
    ) {
        self.id = id
        self.document = document
        self.index = index
        self.text = text
        self.characters = characters
        self.createdAt = createdAt
    }
}
