import FoundationEssentials

/// A user as one organisation sees them.
public struct Member: Sendable, Equatable {
    public var user: UserID
    public var username: String
    public var email: String
    public var firstName: String
    public var lastName: String
    public var role: Role
    /// Since when they have been a member.
    public var createdAt: Date

    public init(
        user: UserID, username: String, email: String, firstName: String, lastName: String, role: Role,
        createdAt: Date
    ) {
        self.user = user
        self.username = username
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
        self.createdAt = createdAt
    }

    public enum Limits {
        /// Of a first and of a last name, in Unicode scalars.
        public static let nameCharactersMax = 150
    }
}
