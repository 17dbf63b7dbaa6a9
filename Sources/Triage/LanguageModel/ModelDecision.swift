import FoundationEssentials

/// A model's answer after everything in it has been checked. It may choose among what the organisation has and among
/// what was retrieved; it can name nothing new.
public struct ModelDecision: Sendable, Equatable {
    public static let draftCharactersMax = 4_000
    public static let reasonCharactersMax = 500

    /// One of the organisation's names, byte for byte.
    public var team: String
    public var priority: Ticket.Priority
    public var reason: String
    /// Its "[n]" name the n-th of `cited`.
    public var draftReply: String
    public var cited: [Passage]

    /// - Throws: `LanguageModelError.malformed`, saying which field and why, without quoting the answer.
    public init(answer: String, policy: RoutingPolicy, passages: [Passage]) throws {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(Self.unfenced(answer).utf8)),
            let members = value.objectValue
        else { throw LanguageModelError.malformed("not a JSON object") }
        // Equal strings may differ in their bytes (é in one scalar or in two); the organisation's own are stored.
        guard let named = members["team"]?.stringValue, let team = policy.teams.first(where: { $0.name == named })
        else {
            throw LanguageModelError.malformed("team is none of the organisation's")
        }
        guard let priority = members["priority"]?.stringValue.flatMap(Ticket.Priority.init) else {
            throw LanguageModelError.malformed("priority is none of low, medium, high, urgent")
        }
        let draft = try Self.draft(members["draft_reply"])
        let listed = try Self.citations(members["citations"], passages: passages.count)
        guard let marks = CitationMarks(draft: draft, listed: listed, passagesMax: passages.count) else {
            throw LanguageModelError.malformed("draft_reply cites a passage that was not given")
        }
        self.team = team.name
        self.priority = priority
        reason = Self.reason(members["reason"])
        draftReply = marks.draft
        cited = marks.passages.map { passages[$0 - 1] }
    }

    private static func draft(_ value: JSONValue?) throws -> String {
        guard let draft = value?.stringValue, draft.contains(where: \.isLetter) else {
            throw LanguageModelError.malformed("draft_reply is missing or empty")
        }
        guard draft.unicodeScalars.count <= draftCharactersMax else {
            throw LanguageModelError.malformed("draft_reply is longer than \(draftCharactersMax) characters")
        }
        guard !draft.unicodeScalars.contains(where: isForbidden) else {
            throw LanguageModelError.malformed("draft_reply has a control character")
        }
        return draft
    }

    private static func citations(_ value: JSONValue?, passages: Int) throws -> [Int] {
        guard let numbers = value?.arrayValue else { throw LanguageModelError.malformed("citations is missing") }
        return try numbers.map { number in
            guard let position = number.intValue, position >= 1, position <= passages else {
                throw LanguageModelError.malformed("citations names a passage that was not given")
            }
            return Int(position)
        }
    }

    /// A reason is only shown, so what is wrong with it is left out.
    private static func reason(_ value: JSONValue?) -> String {
        let scalars = (value?.stringValue ?? "").unicodeScalars.prefix(reasonCharactersMax)
        return String(String.UnicodeScalarView(scalars.filter { !isForbidden($0) }))
    }

    /// Control characters but for line breaks and tabs: Postgres has no null, and terminals obey some of the others.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\r" && scalar != "\t"
    }

    /// Some models wrap JSON in a Markdown fence although told not to.
    private static func unfenced(_ answer: String) -> String {
        guard let open = answer.firstIndex(of: "{"), let close = answer.lastIndex(of: "}"), open < close else {
            return answer
        }
        let before = answer[..<open].filter { !$0.isWhitespace }
        let after = answer[close...].dropFirst().filter { !$0.isWhitespace }
        return ["", "```", "```json"].contains(before) && ["", "```"].contains(after)
            ? String(answer[open...close]) : answer
    }
}
