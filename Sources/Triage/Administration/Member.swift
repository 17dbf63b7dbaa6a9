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

    /// How long a new member's fields may be; lengths count Unicode scalars.
    public enum Limits {
        public static let usernameCharactersMax = 150
        public static let nameCharactersMax = 150
        public static let passwordCharacters = 8...1_024
    }

    /// Whether a new user may be called that: letters, digits and `@.+-_`, as Django has it.
    public static func isValid(username: String) -> Bool {
        !username.isEmpty && username.allSatisfy { $0.isLetter || $0.isNumber || "@.+-_".contains($0) }
    }
}
