import FoundationEssentials

/// A key with which a system sends tickets in, without the key itself: that is shown once and never kept.
public struct APIKey: Sendable, Equatable {
    public enum Limits {
        public static let nameCharactersMax = 100
        /// Keys of one organisation that are not revoked.
        public static let countMax = 100
    }

    public var id: APIKeyID
    public var name: String
    /// The key's first characters, to tell keys apart.
    public var prefix: String
    /// What it may be used for; the schema's `scope`.
    public var scope: String
    public var createdAt: Date
    /// To the minute.
    public var lastUsedAt: Date?
    public var revokedAt: Date?

    public init(
        id: APIKeyID, name: String, prefix: String, scope: String, createdAt: Date, lastUsedAt: Date?, revokedAt: Date?
    ) {
        self.id = id
        self.name = name
        self.prefix = prefix
        self.scope = scope
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.revokedAt = revokedAt
    }
}

public typealias APIKeyID = Identifier<APIKey>
