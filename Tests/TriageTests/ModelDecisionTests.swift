import Testing
import Triage

@Suite("What a model may say")
struct ModelDecisionTests {
    private let passages = [passage(7, "A", "Text."), passage(8, "B", "Text.")]

    private func answer(
        team: String = "\"Billing\"", priority: String = "\"high\"", draft: String = "\"Hello [1]\"",
        citations: String = "[1]"
    ) -> String {
        #"{"team": \#(team), "priority": \#(priority), "reason": "r", "draft_reply": \#(draft), "citations": \#(citations)}"#
    }

    @Test(arguments: ["", "```json\n", "```\n"])
    func acceptsWhatIsRight(fence: String) throws {
        let text = fence + answer(citations: "[2, 1, 2]") + (fence.isEmpty ? "" : "\n```")
        let decision = try ModelDecision(answer: text, policy: twoTeams, passages: passages)
        #expect(decision.team == "Billing")
        #expect(decision.priority == .high)
        #expect(decision.draftReply == "Hello [1]")
        #expect(decision.cited.map(\.chunkID) == [ChunkID(7), ChunkID(8)])
    }

    @Test func refusesWhatIsNot() {
        let wrong = [
            "", "null", "[]", "I am sorry", "{", "{}", answer(team: "\"CEO\""), answer(team: "null"), answer(team: "1"),
            answer(priority: "\"critical\""), answer(draft: "\"\""), answer(draft: "\"  \""), answer(draft: "7"),
            answer(draft: "\"" + String(repeating: "x", count: 4_001) + "\""), answer(draft: "\"a\\u0000b\""),
            answer(draft: "\"a\\u001b[2Jb\""), answer(draft: "\"e" + String(repeating: "\u{301}", count: 4_000) + "\""),
            answer(citations: "[3]"), answer(citations: "[0]"), answer(citations: "[\"1\"]"), answer(citations: "null"),
            answer(citations: "[-9223372036854775808]"), "Sure! " + answer() + " Anything else?",
        ]
        for text in wrong {
            #expect(throws: LanguageModelError.self, "\(text.prefix(60))") {
                try ModelDecision(answer: text, policy: twoTeams, passages: passages)
            }
        }
    }

    /// Suggestions number their citations as they list them, so a draft that names the second passage only says [1].
    @Test func marksAreRenumbered() throws {
        let text = answer(draft: #""Do this [2], then that [2, 1]. See [2]; in [2026] [x].""#, citations: "[1, 2]")
        let decision = try ModelDecision(answer: text, policy: twoTeams, passages: passages)
        #expect(decision.draftReply == "Do this [1], then that [1][2]. See [1]; in [2026] [x].")
        #expect(decision.cited.map(\.chunkID) == [ChunkID(8), ChunkID(7)])
    }

    /// What is marked but not listed is cited as well.
    @Test func marksCite() throws {
        let text = answer(draft: #""See [2].""#, citations: "[]")
        let decision = try ModelDecision(answer: text, policy: twoTeams, passages: passages)
        #expect(decision.draftReply == "See [1].")
        #expect(decision.cited.map(\.chunkID) == [ChunkID(8)])
    }

    @Test(arguments: ["See [3].", "See [0].", "See [1, 3].", "See [1][9]."])
    func marksOfNoPassageAreRefused(draft: String) {
        #expect(throws: LanguageModelError.malformed("draft_reply cites a passage that was not given")) {
            try ModelDecision(answer: answer(draft: "\"\(draft)\""), policy: twoTeams, passages: passages)
        }
    }

    /// A name that is equal in other bytes is stored in the organisation's.
    @Test func teamIsTheOrganisations() throws {
        let policy = RoutingPolicy(teams: [Team(id: TeamID(1), name: "Caf\u{e9}", description: "")], rules: [])
        let text = answer(team: "\"Cafe\u{301}\"", citations: "[]").replacing("[1]", with: "")
        let decision = try ModelDecision(answer: text, policy: policy, passages: [])
        #expect(Array(decision.team.utf8) == Array("Caf\u{e9}".utf8))
    }

    @Test func reasonIsCutAndCleaned() throws {
        let reason = "a\\u0000\\u001b[31m" + String(repeating: "e\u{301}", count: 1_000)
        let text = answer().replacing("\"r\"", with: "\"\(reason)\"")
        let decision = try ModelDecision(answer: text, policy: twoTeams, passages: passages)
        #expect(decision.reason.hasPrefix("a[31m"))
        #expect(decision.reason.unicodeScalars.count <= ModelDecision.reasonCharactersMax)
    }
}
