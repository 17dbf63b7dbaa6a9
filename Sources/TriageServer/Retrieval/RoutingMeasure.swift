import Triage
import VectorIndex

/// Measures an organisation's router on its own decisions: routes a sample of decided tickets by all the others, and
/// sees how often people had decided the same.
struct RoutingMeasure: Sendable {
    /// Held-back decisions, at most.
    static let samplesMax = 500

    let store: RetrievalStore
    let organizations: OrganizationStore

    /// - Returns: nil when there are too few decisions to measure on.
    func calibration(of organization: OrganizationID, with index: LiveSnapshot) async throws -> ConfidenceCalibration? {
        let ids = try index.ids
        guard ids.count > ConfidenceCalibration.outcomesMin else { return nil }
        let step = max(1, ids.count / Self.samplesMax)
        let sample = stride(from: 0, to: ids.count, by: step).map { ids[$0] }
        let queries = try sample.compactMap { try index.vector(id: $0) }
        let neighborLists = try index.exactSearch(queries, k: EvidenceLimits().decidedTicketsMax + 1)
        let policy = try await organizations.routing(of: organization)
        let wanted = Set(neighborLists.joined().map(\.id)).union(sample).map { TicketID(Int64($0)) }
        let labels = Dictionary(
            try await store.decidedTickets(wanted, in: organization).map { ($0.ticket, $0) },
            uniquingKeysWith: { first, _ in first })
        let texts = try await store.decidedTexts(sample.map { TicketID(Int64($0)) }, in: organization)
        let router = LocalRouter()
        let outcomes = zip(sample, neighborLists).compactMap { id, neighbors -> ConfidenceCalibration.Outcome? in
            let ticket = TicketID(Int64(id))
            guard let truth = labels[ticket], let text = texts[ticket] else { return nil }
            let others = neighbors.compactMap { neighbor -> DecidedTicket? in
                guard neighbor.id != id, var label = labels[TicketID(Int64(neighbor.id))] else { return nil }
                label.score = Double(neighbor.score)
                return label
            }
            let routing = router.route(text: text, policy: policy, neighbors: others)
            guard let team = routing.team else { return nil }
            return ConfidenceCalibration.Outcome(share: routing.teamShare, correct: team == truth.team)
        }
        return ConfidenceCalibration(outcomes)
    }
}
