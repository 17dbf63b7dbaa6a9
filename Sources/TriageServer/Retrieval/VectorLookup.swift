import Logging
import Metrics
import Triage
import VectorIndex

/// The nearest rows to a vector: from the index, or from pgvector on the same rows when the index cannot answer.
struct VectorLookup: Sendable {
    struct Answer: Sendable {
        /// Best first.
        var hits: [RetrievalStore.Hit]
        var report: RetrievalReport
        var calibration: ConfidenceCalibration?
    }

    let keeper: IndexKeeper
    let store: RetrievalStore
    /// Of the embedder whose vectors are compared.
    let model: String
    /// Which part of the index's answers is checked against pgvector's exact one, 0–1.
    let crossCheckShare: Double
    let logger: Logger

    /// - Parameter backend: nil lets the index answer when it can.
    func nearest(
        to vector: [Float], kind: IndexKind, in organization: OrganizationID, limit: Int,
        backend: RetrievalReport.Backend?
    ) async throws -> Answer {
        switch keeper.served(kind, of: organization) {
        case .success(let served) where backend != .pgvector:
            do {
                let neighbors = try served.snapshot.search(vector, k: limit)
                let hits = neighbors.map { RetrievalStore.Hit(id: Int64($0.id), cosine: Double($0.score)) }
                let agreement = try await agreement(
                    of: hits, with: vector, kind: kind, in: organization, limit: limit)
                return Answer(
                    hits: hits,
                    report: RetrievalReport(
                        backend: .index, indexGeneration: served.snapshot.info.contentHash, fallbackReason: nil,
                        embeddingModel: model, agreement: agreement),
                    calibration: served.calibration)
            } catch let error as VectorIndexError {
                logger.error("index search failed, pgvector answers", metadata: ["error": "\(error)"])
                return try await exact(vector, kind, organization, limit, because: "\(error)", served.calibration)
            }
        case .success(let served):
            return try await exact(vector, kind, organization, limit, because: nil, served.calibration)
        case .failure(let unavailable):
            let asked = backend == .pgvector
            return try await exact(vector, kind, organization, limit, because: asked ? nil : unavailable.reason, nil)
        }
    }

    private func exact(
        _ vector: [Float], _ kind: IndexKind, _ organization: OrganizationID, _ limit: Int, because reason: String?,
        _ calibration: ConfidenceCalibration?
    ) async throws -> Answer {
        if reason != nil { Counter(label: "nexify_retrieval_fallbacks_total").increment() }
        let hits = try await store.nearest(to: vector, model: model, kind: kind, in: organization, limit: limit)
        return Answer(
            hits: hits,
            report: RetrievalReport(
                backend: .pgvector, indexGeneration: nil, fallbackReason: reason, embeddingModel: model,
                agreement: nil),
            calibration: calibration)
    }

    /// The part of pgvector's exact answer that the index found too; nil when this answer is not among those checked.
    private func agreement(
        of hits: [RetrievalStore.Hit], with vector: [Float], kind: IndexKind, in organization: OrganizationID,
        limit: Int
    ) async throws -> Double? {
        guard crossCheckShare > 0, Double.random(in: 0..<1) < crossCheckShare else { return nil }
        let exact = try await store.nearest(to: vector, model: model, kind: kind, in: organization, limit: limit)
        guard !exact.isEmpty else { return nil }
        let found = Set(hits.map(\.id))
        let agreement = Double(exact.count { found.contains($0.id) }) / Double(exact.count)
        Metrics.Gauge(label: "nexify_retrieval_agreement_ratio").record(agreement)
        return agreement
    }
}
