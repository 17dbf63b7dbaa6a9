import Testing
import Triage

@Suite("Auto-apply policy")
struct AutoApplyPolicyTests {
    private func proposal(team: String?, confidence: Double?) -> TriageProposal {
        TriageProposal(
            priority: .high, team: team, draftReply: "", classification: [:], citations: [], confidence: confidence,
            metadata: ["auto_apply": true])
    }

    private func policy(isEnabled: Bool = true) -> AutoApplyPolicy {
        AutoApplyPolicy(
            isEnabled: isEnabled,
            entries: [.init(team: "Billing", confidenceMin: 0.9), .init(team: "Support", confidenceMin: 0)])
    }

    @Test(
        arguments: [
            ("Billing", 0.9, true), ("Billing", 0.8999, false), ("Support", 0, true), ("Nobody", 1, false),
            ("Support", nil, false), (nil, 1, false),
        ] as [(String?, Double?, Bool)])
    func allows(_ team: String?, _ confidence: Double?, _ isAllowed: Bool) {
        let proposal = proposal(team: team, confidence: confidence)
        #expect((policy().entry(allowing: proposal) != nil) == isAllowed)
        #expect(policy(isEnabled: false).entry(allowing: proposal) == nil)
        #expect(AutoApplyPolicy().entry(allowing: proposal) == nil)
    }
}
