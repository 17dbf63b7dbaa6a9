/// A database id that cannot be mixed up with another entity's: `Identifier<Ticket>` is no `Identifier<Suggestion>`.
public struct Identifier<Entity>: Hashable, Sendable, RawRepresentable, Comparable, Codable, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    public var description: String { String(rawValue) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

public typealias OrganizationID = Identifier<Organization>
public typealias UserID = Identifier<User>
public typealias TeamID = Identifier<Team>
public typealias TicketID = Identifier<Ticket>
public typealias EventID = Identifier<TicketEvent>
public typealias JobRunID = Identifier<JobRun>
public typealias SuggestionID = Identifier<Suggestion>
public typealias DocumentID = Identifier<Document>
public typealias ChunkID = Identifier<Chunk>
