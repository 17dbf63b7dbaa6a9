import FoundationEssentials

/// Which suggestions an organisation lets through without a person: off unless an admin allows it, team by team.
///
/// It comes from Postgres alone. Nothing that a ticket or a model says can turn it on, name another team or lower a bound.
public struct AutoApplyPolicy: Sendable, Equatable {
    /// One team whose suggestions may be applied from a confidence on.
    public struct Entry: Sendable, Equatable {
        public var team: String
        /// 0–1; a suggestion of at least this calibrated confidence is applied.
        public var confidenceMin: Double

        public init(team: String, confidenceMin: Double) {
            self.team = team
            self.confidenceMin = confidenceMin
        }

        public static func == (left: Entry, right: Entry) -> Bool {
            left.team.hasSameBytes(as: right.team) && left.confidenceMin == right.confidenceMin
        }
    }

    /// What people decided on suggestions that an entry would have let through.
    public struct Measure: Sendable, Equatable {
        /// Suggestions of the entry's team and at least its confidence that a person has accepted or rejected.
        public var decided: Int
        /// Those of them that were accepted with the priority and the team that were proposed.
        public var acceptedUnchanged: Int
        /// Their share; nil while nothing is decided.
        public var precision: Double? { decided == 0 ? nil : Double(acceptedUnchanged) / Double(decided) }

        public init(decided: Int, acceptedUnchanged: Int) {
            self.decided = decided
            self.acceptedUnchanged = acceptedUnchanged
        }
    }

    public enum Limits {
        public static let confidence = 0.0...1.0
    }

    public var isEnabled: Bool
    /// One a team, by its name.
    public var entries: [Entry]
    /// nil while nobody has set it.
    public var updatedAt: Date?

    public init(isEnabled: Bool = false, entries: [Entry] = [], updatedAt: Date? = nil) {
        self.isEnabled = isEnabled
        self.entries = entries
        self.updatedAt = updatedAt
    }

    /// The entry that lets this proposal through, if one does. A proposal without a team or without a calibrated
    /// confidence never passes.
    public func entry(allowing proposal: TriageProposal) -> Entry? {
        guard isEnabled, let team = proposal.team, let confidence = proposal.confidence else { return nil }
        return entries.first { $0.team.hasSameBytes(as: team) && confidence >= $0.confidenceMin }
    }
}
