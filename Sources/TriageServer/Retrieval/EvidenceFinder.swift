import Triage

/// Evidence for one ticket: passages of the knowledge base, and decided tickets like it.
struct EvidenceFinder: Sendable {
    /// What triage needs besides the evidence itself.
    struct Findings: Sendable {
        var evidence: Evidence
        var calibration: ConfidenceCalibration?
        var embedMilliseconds: Double
        var retrieveMilliseconds: Double
    }

    let embedder: any TextEmbedder
    let search: KnowledgeSearch
    let lookup: VectorLookup
    let store: RetrievalStore

    /// - Parameter ticket: must not be its own evidence.
    func findings(
        for text: String, in organization: OrganizationID, excluding ticket: TicketID?,
        limits: EvidenceLimits = EvidenceLimits()
    ) async throws -> Findings {
        let clock = ContinuousClock()
        let start = clock.now
        let vector = try await embedder.embed([text])[0]
        let embedded = clock.now
        let query = KnowledgeQuery(organization: organization, text: text, passages: limits.passagesMax)
        async let found = search.passages(for: query, vector: vector)
        let (decided, calibration) = try await decidedTickets(
            near: vector, in: organization, excluding: ticket, limit: limits.decidedTicketsMax)
        let (passages, report) = try await found
        return Findings(
            evidence: Evidence(
                queryVector: vector, passages: passages, decidedTickets: decided, report: report),
            calibration: calibration, embedMilliseconds: start.duration(to: embedded).milliseconds,
            retrieveMilliseconds: embedded.duration(to: clock.now).milliseconds)
    }

    /// Decided tickets like the text, best first.
    func similar(
        to text: String, in organization: OrganizationID, excluding ticket: TicketID?, limit: Int
    ) async throws -> [DecidedTicket] {
        let vector = try await embedder.embed([text])[0]
        return try await decidedTickets(near: vector, in: organization, excluding: ticket, limit: limit).tickets
    }

    private func decidedTickets(
        near vector: [Float], in organization: OrganizationID, excluding ticket: TicketID?, limit: Int
    ) async throws -> (tickets: [DecidedTicket], calibration: ConfidenceCalibration?) {
        let answer = try await lookup.nearest(
            to: vector, kind: .decided, in: organization, limit: limit + 1, backend: nil)
        let ids = answer.hits.map { TicketID($0.id) }.filter { $0 != ticket }
        let labels = Dictionary(
            try await store.decidedTickets(ids, in: organization).map { ($0.ticket, $0) },
            uniquingKeysWith: { first, _ in first })
        let tickets = answer.hits.compactMap { hit -> DecidedTicket? in
            guard TicketID(hit.id) != ticket, var label = labels[TicketID(hit.id)] else { return nil }
            label.score = hit.cosine
            return label
        }
        return (Array(tickets.prefix(limit)), answer.calibration)
    }
}
