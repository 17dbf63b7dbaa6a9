import Testing
import Triage

/// A model that says what it is told to.
private struct ScriptedModel: LanguageModel {
    var name: String { "scripted" }
    var answer: Result<String, LanguageModelError>

    func complete(_ prompt: Prompt) async throws -> String { try answer.get() }
}

@Suite("The engine")
struct TriageEngineTests {
    private let found = evidence(
        [passage(1, "Invoices", "Invoices are sent on the first day of the month.")],
        decided: [DecidedTicket(ticket: TicketID(9), subject: "s", team: "Billing", priority: .low, score: 0.8)])

    private func propose(_ model: ScriptedModel?) async -> TriageProposal {
        await TriageEngine(model: model).propose(
            for: ticket("Where is my invoice?"), policy: twoTeams, evidence: found, calibration: nil, boundary: "b")
    }

    @Test func localAnswerHasItsEvidence() async {
        let proposal = await propose(nil)
        #expect(proposal.team == "Billing")
        #expect(proposal.priority == .low)
        #expect(proposal.citations.map(\.chunkID) == [ChunkID(1)])
        #expect(proposal.confidence == nil)
        #expect(proposal.metadata["engine"] == "local")
        #expect(proposal.metadata["retrieval"]?["index_generation"] == "g")
        #expect(proposal.metadata["similar_tickets"]?.arrayValue?.first?["ticket"] == 9)
        #expect(proposal.metadata["llm_error"] == nil)
        #expect(proposal.metadata["timings_ms"]?["route"]?.doubleValue != nil)
    }

    @Test func modelMayReplaceTheDecision() async {
        let answer = #"{"team":"Access","priority":"urgent","reason":"because","draft_reply":"Hi","citations":[]}"#
        let proposal = await propose(ScriptedModel(answer: .success(answer)))
        #expect(proposal.team == "Access")
        #expect(proposal.priority == .urgent)
        #expect(proposal.draftReply == "Hi")
        #expect(proposal.metadata["engine"] == "llm")
        #expect(proposal.metadata["model"] == "scripted")
    }

    @Test(
        arguments: [
            .success("nonsense"), .failure(.timedOut(seconds: 1)), .failure(.unreachable("ECONNREFUSED")),
            .failure(.circuitOpen),
        ] as [Result<String, LanguageModelError>])
    func localAnswerStandsWhenTheModelFails(outcome: Result<String, LanguageModelError>) async {
        let local = await propose(nil)
        let proposal = await propose(ScriptedModel(answer: outcome))
        #expect(proposal.team == local.team)
        #expect(proposal.draftReply == local.draftReply)
        #expect(proposal.metadata["engine"] == "local")
        #expect(proposal.metadata["llm_error"]?.stringValue?.isEmpty == false)
        #expect(proposal.metadata["llm_model"] == "scripted")
    }
}

@Suite("Reciprocal rank fusion")
struct ReciprocalRankFusionTests {
    @Test func firstInEveryListScoresOne() {
        let fused = ReciprocalRankFusion().fuse([["a", "b"], ["a", "c"]])
        #expect(fused.map(\.item) == ["a", "b", "c"])
        #expect(abs(fused[0].score - 1) < 1e-12)
        #expect(fused[1].ranks == [2, nil])
        #expect(fused[2].ranks == [nil, 2])
    }

    @Test func goodInBothBeatsBestInOne() {
        let fused = ReciprocalRankFusion().fuse([["x", "both"], ["y", "both"]])
        #expect(fused.first?.item == "both")
    }

    @Test func repeatedItemsCountOnce() {
        let fused = ReciprocalRankFusion().fuse([["a", "a", "b"]])
        #expect(fused.map(\.ranks) == [[1], [3]])
        #expect(ReciprocalRankFusion().fuse([[String]]()).isEmpty)
    }
}
