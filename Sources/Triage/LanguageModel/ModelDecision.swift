import FoundationEssentials

/// A model's answer after everything in it has been checked. It may choose among what the organisation has and among
/// what was retrieved; it can name nothing new.
public struct ModelDecision: Sendable, Equatable {
    public static let draftCharactersMax = 4_000
    public static let reasonCharactersMax = 500

    public var team: String
    public var priority: Ticket.Priority
    public var reason: String
    public var draftReply: String
    public var cited: [Passage]

    /// - Throws: `LanguageModelError.malformed`, saying which field and why, without quoting the answer.
    public init(answer: String, policy: RoutingPolicy, passages: [Passage]) throws {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(Self.unfenced(answer).utf8)),
            let members = value.objectValue
        else { throw LanguageModelError.malformed("not a JSON object") }
        guard let team = members["team"]?.stringValue, policy.teams.contains(where: { $0.name == team }) else {
            throw LanguageModelError.malformed("team is none of the organisation's")
        }
        guard let priority = members["priority"]?.stringValue.flatMap(Ticket.Priority.init) else {
            throw LanguageModelError.malformed("priority is none of low, medium, high, urgent")
        }
        guard let draft = members["draft_reply"]?.stringValue, draft.contains(where: \.isLetter) else {
            throw LanguageModelError.malformed("draft_reply is missing or empty")
        }
        guard draft.count <= Self.draftCharactersMax else {
            throw LanguageModelError.malformed("draft_reply is longer than \(Self.draftCharactersMax) characters")
        }
        guard draft.unicodeScalars.allSatisfy({ $0 != "\0" }) else {
            throw LanguageModelError.malformed("draft_reply has a null character")
        }
        guard let numbers = members["citations"]?.arrayValue else {
            throw LanguageModelError.malformed("citations is missing")
        }
        var cited: [Passage] = []
        for number in numbers {
            guard let position = number.intValue, position >= 1, position <= passages.count else {
                throw LanguageModelError.malformed("citations names a passage that was not given")
            }
            let passage = passages[Int(position) - 1]
            if !cited.contains(passage) { cited.append(passage) }
        }
        self.team = team
        self.priority = priority
        reason = String((members["reason"]?.stringValue ?? "").prefix(Self.reasonCharactersMax))
            .replacing("\0", with: "")
        draftReply = draft
        self.cited = cited
    }

    /// Some models wrap JSON in a Markdown fence although told not to.
    private static func unfenced(_ answer: String) -> String {
        guard let open = answer.firstIndex(of: "{"), let close = answer.lastIndex(of: "}"), open < close else {
            return answer
        }
        let before = answer[..<open].filter { !$0.isWhitespace }
        let after = answer[close...].dropFirst().filter { !$0.isWhitespace }
        return ["", "```", "```json"].contains(before) && ["", "```"].contains(after) ? String(answer[open...close]) : answer
    }
}
