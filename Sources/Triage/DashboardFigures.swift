/// What became of an organisation's suggestions, measured.
public struct DashboardFigures: Sendable, Equatable {
    /// Suggestions of one team, outcome and tenth of confidence.
    public struct Tally: Sendable, Equatable {
        public var outcome: Outcome
        /// 0 for a confidence below 0.1 … 9; nil for suggestions without a confidence.
        public var confidenceTenth: Int?
        /// nil: the suggestion names no team.
        public var team: String?
        public var count: Int
        public var confidenceSum: Double

        public init(outcome: Outcome, confidenceTenth: Int?, team: String?, count: Int, confidenceSum: Double) {
            self.outcome = outcome
            self.confidenceTenth = confidenceTenth
            self.team = team
            self.count = count
            self.confidenceSum = confidenceSum
        }
    }

    /// What was decided on a suggestion, and by whom.
    public enum Outcome: String, Sendable, CaseIterable, Codable {
        case pending
        /// By a person: as it was; with another reply; with another team or priority; not at all.
        case accepted, redrafted, corrected, rejected
        /// By the organisation's policy, without a person.
        case auto

        public var isHumanReviewed: Bool { self != .pending && self != .auto }
        /// Whether a person confirmed team and priority.
        public var isConfirmed: Bool { self == .accepted || self == .redrafted }
    }

    public var tallies: [Tally]
    /// From a suggestion to a person's decision on it; nil before the first.
    public var medianSecondsToDecision: Double?

    public init(tallies: [Tally], medianSecondsToDecision: Double?) {
        self.tallies = tallies
        self.medianSecondsToDecision = medianSecondsToDecision
    }

    public var totalTriaged: Int { count { _ in true } }
    public var autoApplied: Int { count { $0.outcome == .auto } }
    public var humanReviewed: Int { count(\.outcome.isHumanReviewed) }

    /// Of suggestions that have a confidence; nil when none has.
    public var averageConfidence: Double? {
        let confident = tallies.filter { $0.confidenceTenth != nil }
        let count = confident.reduce(0) { $0 + $1.count }
        return count == 0 ? nil : min(max(confident.reduce(0) { $0 + $1.confidenceSum } / Double(count), 0), 1)
    }

    /// Of the suggestions that people reviewed, the part that they accepted, edited or not; nil when there is none.
    public var acceptanceRate: Double? {
        Self.share(count { $0.outcome.isHumanReviewed && $0.outcome != .rejected }, of: humanReviewed)
    }

    /// Of the suggestions that people accepted, the part that they edited first; nil when there is none.
    public var editedRate: Double? {
        Self.share(
            count { $0.outcome == .redrafted || $0.outcome == .corrected },
            of: count { $0.outcome.isHumanReviewed && $0.outcome != .rejected })
    }

    /// How often people confirmed team and priority, for one tenth of confidence.
    public struct Precision: Sendable, Equatable {
        public var confidenceTenth: Int
        public var reviewed: Int
        public var confirmed: Int
    }

    /// Ascending; only tenths in which something was reviewed.
    public var precisionByConfidence: [Precision] {
        (0..<10).compactMap { tenth in
            let reviewed = count { $0.confidenceTenth == tenth && $0.outcome.isHumanReviewed }
            guard reviewed > 0 else { return nil }
            return Precision(
                confidenceTenth: tenth, reviewed: reviewed,
                confirmed: count { $0.confidenceTenth == tenth && $0.outcome.isConfirmed })
        }
    }

    public func count(_ isCounted: (Tally) -> Bool) -> Int {
        tallies.reduce(0) { isCounted($1) ? $0 + $1.count : $0 }
    }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }
}
