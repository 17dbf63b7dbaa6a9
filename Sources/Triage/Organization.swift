/// A tenant: everything but users belongs to exactly one.
public struct Organization: Sendable, Equatable {
    public var id: OrganizationID
    public var name: String

    public init(id: OrganizationID, name: String) {
        self.id = id
        self.name = name
    }
}

/// What a member may do; each role may also do what the ones before it may.
public enum Role: String, Sendable, CaseIterable, Codable, Comparable {
    case viewer, agent, admin

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .agent: 1
        case .admin: 2
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// A person who signs in.
public struct User: Sendable, Equatable {
    public struct Membership: Sendable, Equatable {
        public var organization: Organization
        public var role: Role

        public init(organization: Organization, role: Role) {
            self.organization = organization
            self.role = role
        }
    }

    public var id: UserID
    public var username: String
    public var email: String
    public var firstName: String
    public var lastName: String
    public var memberships: [Membership]

    public init(
        id: UserID, username: String, email: String, firstName: String, lastName: String, memberships: [Membership]
    ) {
        self.id = id
        self.username = username
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.memberships = memberships
    }

    /// The user's role there, or nil for somebody else's organisation.
    public func role(in organization: OrganizationID) -> Role? {
        memberships.first { $0.organization.id == organization }?.role
    }
}

/// A group of agents that tickets are routed to, by its name.
public struct Team: Sendable, Equatable {
    public var id: TeamID
    public var name: String
    public var description: String

    public init(id: TeamID, name: String, description: String) {
        self.id = id
        self.name = name
        self.description = description
    }

    public static func == (left: Team, right: Team) -> Bool {
        left.id == right.id && left.name.hasSameBytes(as: right.name)
            && left.description.hasSameBytes(as: right.description)
    }
}

/// "When a ticket speaks of any of these words, it is that team's, and at least that urgent."
public struct RoutingRule: Sendable, Equatable {
    /// Matched as whole words or phrases, regardless of case.
    public var keywords: [String]
    public var team: String?
    public var priority: Ticket.Priority?

    public init(keywords: [String], team: String?, priority: Ticket.Priority?) {
        self.keywords = keywords
        self.team = team
        self.priority = priority
    }

    public static func == (left: RoutingRule, right: RoutingRule) -> Bool {
        left.keywords.elementsEqual(right.keywords) { $0.hasSameBytes(as: $1) }
            && left.team.hasSameBytes(as: right.team) && left.priority == right.priority
    }
}

/// What an organisation has decided about where its tickets go.
public struct RoutingPolicy: Sendable, Equatable {
    public var teams: [Team]
    /// In the order in which they are tried.
    public var rules: [RoutingRule]

    public init(teams: [Team], rules: [RoutingRule]) {
        self.teams = teams
        self.rules = rules
    }
}
