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
    let crossCheck: CrossCheck
    let logger: Logger

    /// - Parameters:
    ///   - backend: nil lets the index answer when it can.
    ///   - isChecked: has the index's answer checked against pgvector's in any case; otherwise a share of them is.
    func nearest(
        to vector: [Float], kind: IndexKind, in organization: OrganizationID, limit: Int,
        backend: RetrievalReport.Backend?, isChecked: Bool = false
    ) async throws -> Answer {
        let key = IndexKey(organization: organization, kind: kind)
        switch await keeper.served(kind, of: organization) {
        case .success(let served) where backend != .pgvector:
            do {
                let neighbors = try served.live.search(vector, k: limit)
                let hits = neighbors.map { RetrievalStore.Hit(id: Int64($0.id), cosine: Double($0.score)) }
                let agreement =
                    isChecked || crossCheck.isDue()
                    ? try await agreement(of: hits, with: vector, kind: kind, in: organization, limit: limit) : nil
                return Answer(
                    hits: hits,
                    report: RetrievalReport(
                        backend: .index, indexGeneration: served.live.snapshot.info.contentHash,
                        indexVersion: served.live.version, fallbackReason: nil, embeddingModel: model,
                        agreement: agreement),
                    calibration: served.calibration)
            } catch let error as VectorIndexError {
                keeper.searchFailed(error, on: served, of: key)
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

    private func agreement(
        of hits: [RetrievalStore.Hit], with vector: [Float], kind: IndexKind, in organization: OrganizationID,
        limit: Int
    ) async throws -> Double? {
        let exact = try await store.nearest(to: vector, model: model, kind: kind, in: organization, limit: limit)
        return crossCheck.note(hits.map { ($0.id, $0.cosine) }, exact.map { ($0.id, $0.cosine) })
    }
}
