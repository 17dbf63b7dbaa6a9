import Testing
import Triage

@Suite("Routing by decided tickets and rules")
struct RoutingTests {
    private let policy = RoutingPolicy(
        teams: ["Billing", "Access"].enumerated().map {
            Team(id: TeamID(Int64($0.offset)), name: $0.element, description: "")
        },
        rules: [
            RoutingRule(keywords: ["locked out", "2FA"], team: "Access", priority: nil),
            RoutingRule(keywords: ["data breach"], team: nil, priority: .urgent),
        ])

    private func decided(_ id: Int64, _ team: String, _ score: Double, _ priority: Ticket.Priority = .medium)
        -> DecidedTicket
    {
        DecidedTicket(ticket: TicketID(id), subject: "s", team: team, priority: priority, score: score)
    }

    @Test func nearestDecisionsWin() {
        let routing = LocalRouter().route(
            text: "my invoice", policy: policy,
            neighbors: [decided(1, "Billing", 0.8, .low), decided(2, "Billing", 0.7, .low), decided(3, "Access", 0.5)])
        #expect(routing.team == "Billing")
        #expect(routing.teamShare > 0.9)
        #expect(routing.priority == .low)
        #expect(routing.teamShares.values.reduce(0, +) < 1)
    }

    /// Agreement of two tickets that are about something else is no agreement.
    @Test func distantNeighborsAreDoubted() {
        let near = LocalRouter().route(text: "x", policy: policy, neighbors: [decided(1, "Billing", 0.6)])
        let far = LocalRouter().route(
            text: "x", policy: policy, neighbors: [decided(1, "Billing", 0.22), decided(2, "Billing", 0.2)])
        #expect(near.teamShare > 0.9)
        #expect(far.team == "Billing")
        #expect(far.teamShare < 0.3)
    }

    @Test func rulesDecideWhereNothingIsDecidedYet() {
        let routing = LocalRouter().route(
            text: "I am LOCKED-OUT since my 2fa phone died", policy: policy, neighbors: [])
        #expect(routing.team == "Access")
        #expect(routing.rules.first?.keywords == ["locked out", "2FA"])
        #expect(routing.reasons.contains { $0.contains("“locked out”") && $0.contains("Access") })
    }

    @Test func keywordsMatchWholeWordsOnly() {
        #expect(!FoldedWords("unlocked outside").contains("locked out"))
        #expect(FoldedWords("Dein Konto: ÜBERZOGEN!").contains("überzogen"))
        #expect(!FoldedWords("anything").contains("  "))
    }

    @Test func nothingPointsNowhere() {
        let routing = LocalRouter().route(text: "hm", policy: policy, neighbors: [decided(1, "Billing", 0.05)])
        #expect(routing.team == nil)
        #expect(routing.priority == .medium)
        #expect(routing.precedents.isEmpty)
    }

    @Test func aRulesPriorityIsAFloor() {
        let routing = LocalRouter().route(
            text: "data breach!", policy: policy, neighbors: [decided(1, "Billing", 0.9, .low)])
        #expect(routing.priority == .urgent)
    }

    @Test func teamsThatAreGoneDoNotVote() {
        let routing = LocalRouter().route(text: "hm", policy: policy, neighbors: [decided(1, "Dissolved", 0.9)])
        #expect(routing.team == nil)
    }

    @Test func tiesDoNotDependOnHashing() {
        let teams = Set(
            (0..<20).map { _ in
                LocalRouter().route(
                    text: "x", policy: policy, neighbors: [decided(1, "Billing", 0.5), decided(2, "Access", 0.5)]
                ).team
            })
        #expect(teams == ["Access"])
    }
}

@Suite("Calibration")
struct ConfidenceCalibrationTests {
    @Test func fewOutcomesSayNothing() {
        let outcome = ConfidenceCalibration.Outcome(share: 0.9, correct: true)
        #expect(ConfidenceCalibration(Array(repeating: outcome, count: 29)) == nil)
        #expect(ConfidenceCalibration(Array(repeating: outcome, count: 30)) != nil)
    }

    /// Outcomes drawn so that P(correct) = share²: the fitted curve must follow it, not the share.
    @Test func followsThePrecisionThatWasMeasured() throws {
        var state: UInt64 = 7
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
        let outcomes = (0..<4_000).map { _ in
            let share = 0.3 + 0.69 * random()
            return ConfidenceCalibration.Outcome(share: share, correct: random() < share * share)
        }
        let calibration = try #require(ConfidenceCalibration(outcomes))
        for share in [0.4, 0.6, 0.8, 0.95] {
            #expect(abs(calibration.confidence(share: share) - share * share) < 0.08, "at share \(share)")
        }
        #expect(calibration.outcomes == 4_000)
    }

    @Test(arguments: [true, false])
    func unanimityIsNotCertainty(correct: Bool) throws {
        let outcomes = (0..<40).map { ConfidenceCalibration.Outcome(share: Double($0) / 40, correct: correct) }
        let calibration = try #require(ConfidenceCalibration(outcomes))
        for share in [0, 0.5, 1.0] {
            let confidence = calibration.confidence(share: share)
            #expect(confidence > 0 && confidence < 1)
        }
    }

    @Test func largerSharesNeverMeanLess() throws {
        let outcomes = (0..<60).map { ConfidenceCalibration.Outcome(share: Double($0) / 60, correct: $0 < 30) }
        let calibration = try #require(ConfidenceCalibration(outcomes))
        #expect(calibration.confidence(share: 0.9) >= calibration.confidence(share: 0.1))
    }
}
