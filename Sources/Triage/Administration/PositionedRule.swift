/// A routing rule in its place among the organisation's rules.
public struct PositionedRule: Sendable, Equatable {
    public var id: RuleID
    /// From 0 without gaps, in the order in which rules are tried.
    public var position: Int
    public var rule: RoutingRule

    public init(id: RuleID, position: Int, rule: RoutingRule) {
        self.id = id
        self.position = position
        self.rule = rule
    }
}

public typealias RuleID = Identifier<PositionedRule>

extension RoutingRule {
    public enum Limits {
        public static let keywords = 1...100
        public static let keywordCharactersMax = 100
        /// Rules of one organisation: each triage tries them all.
        public static let countMax = 500
    }

    /// Whether a keyword can ever match: rules compare words, so one without a letter or digit never does.
    public static func canMatch(_ keyword: String) -> Bool { !FoldedWords(keyword).words.isEmpty }
}

extension Team {
    public enum Limits {
        public static let nameCharactersMax = 100
        public static let descriptionCharactersMax = 2_000
        /// Teams of one organisation: each prompt of a language model names them all.
        public static let countMax = 200
    }
}
