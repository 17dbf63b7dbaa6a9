/// Routes a ticket by the organisation's own decided tickets and rules: no service needed, the same answer every time.
///
/// Each near decided ticket votes for its team with weight exp(cosine / `temperature`), a soft nearest-neighbour
/// classifier; each keyword rule that matches votes as one more neighbour of cosine `ruleCosine`. Where neither speaks,
/// there is no team: better none than a guess.
public struct LocalRouter: Sendable {
    /// Cosines of MiniLM between tickets of one team lie 0.05–0.1 above those across teams.
    public static let temperature = 0.06
    public static let ruleCosine = 0.55
    /// Every ticket has one imaginary neighbour of this cosine that votes for no team, so that a few distant ones never
    /// look like agreement.
    public static let doubtCosine = 0.35
    /// Below this cosine a decided ticket is no precedent.
    public static let cosineMin = 0.2

    public init() {}

    public func route(text: String, policy: RoutingPolicy, neighbors: [DecidedTicket]) -> Routing {
        let words = FoldedWords(text)
        let teams = Set(policy.teams.map(\.name))
        let matched = policy.rules.compactMap { rule -> Routing.RuleMatch? in
            let keywords = rule.matches(in: words)
            return keywords.isEmpty ? nil : Routing.RuleMatch(rule: rule, keywords: keywords)
        }
        let precedents = neighbors.filter { $0.score >= Self.cosineMin && teams.contains($0.team) }

        var teamVotes: [String: Double] = [:]
        for neighbor in precedents { teamVotes[neighbor.team, default: 0] += Self.weight(neighbor.score) }
        for match in matched {
            if let team = match.rule.team, teams.contains(team) {
                teamVotes[team, default: 0] += Self.weight(Self.ruleCosine)
            }
        }
        let teamShares = Self.shares(teamVotes, doubt: Self.weight(Self.doubtCosine))
        let team = Self.best(teamShares)

        // The team's own precedents know best what is urgent there; others count half.
        var priorityVotes: [Ticket.Priority: Double] = [:]
        for neighbor in precedents {
            let own = team == nil || neighbor.team == team?.key
            priorityVotes[neighbor.priority, default: 0] += Self.weight(neighbor.score) * (own ? 1 : 0.5)
        }
        let priorityShares = Self.shares(priorityVotes)
        let floor = matched.compactMap(\.rule.priority).max()
        let voted = priorityShares.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
        let priority = max(voted ?? .medium, floor ?? .low)

        return Routing(
            team: team?.key, teamShare: team?.value ?? 0, teamShares: teamShares, priority: priority,
            priorityShares: priorityShares, rules: matched, precedents: precedents)
    }

    private static func weight(_ cosine: Double) -> Double { exponential(cosine / temperature) }

    private static func shares<Key: Hashable>(_ votes: [Key: Double], doubt: Double = 0) -> [Key: Double] {
        let total = votes.values.reduce(doubt, +)
        return total > 0 ? votes.mapValues { $0 / total } : [:]
    }

    /// The largest share; a tie goes to the name that sorts first, so that the answer does not depend on hashing.
    private static func best(_ shares: [String: Double]) -> (key: String, value: Double)? {
        shares.max { ($0.value, $1.key) < ($1.value, $0.key) }
    }
}

/// Where a ticket belongs, and why.
public struct Routing: Sendable, Equatable {
    public struct RuleMatch: Sendable, Equatable {
        public var rule: RoutingRule
        public var keywords: [String]
    }

    public var team: String?
    /// The winning team's share of all votes, doubt's among them, 0–1; not yet a probability.
    public var teamShare: Double
    public var teamShares: [String: Double]
    public var priority: Ticket.Priority
    public var priorityShares: [Ticket.Priority: Double]
    public var rules: [RuleMatch]
    /// The decided tickets that voted, best first.
    public var precedents: [DecidedTicket]

    /// One sentence per kind of evidence, for the agent.
    public var reasons: [String] {
        var sentences: [String] = []
        if let team {
            let agreeing = precedents.count { $0.team == team }
            if !precedents.isEmpty {
                sentences.append("\(agreeing) of \(precedents.count) similar decided tickets went to \(team).")
            }
        } else {
            sentences.append("No decided ticket is similar and no rule matches, so no team is proposed.")
        }
        for match in rules {
            let keywords = match.keywords.map { "“\($0)”" }.joined(separator: ", ")
            var effects: [String] = []
            if let team = match.rule.team { effects.append("points to \(team)") }
            if let priority = match.rule.priority { effects.append("asks for at least \(priority.rawValue) priority") }
            sentences.append("The rule on \(keywords) \(effects.joined(separator: " and ")).")
        }
        return sentences
    }
}
