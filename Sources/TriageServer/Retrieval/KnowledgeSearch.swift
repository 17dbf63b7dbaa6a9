import Triage

/// A search of an organisation's knowledge base.
struct KnowledgeQuery: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        case hybrid, vector, text
    }

    static let passagesMax = 50

    var organization: OrganizationID
    var text: String
    var passages = 5
    var mode = Mode.hybrid
    /// nil lets the index answer when it can.
    var backend: RetrievalReport.Backend?
    /// Has the index's answer checked against pgvector's exact one.
    var isChecked = false
}

/// Passages, best first, and how they were found.
struct KnowledgeAnswer: Sendable {
    var passages: [Passage]
    var report: RetrievalReport
    var tookMilliseconds: Double
}

/// Finds passages by meaning, by words, or by both, fused by reciprocal rank.
struct KnowledgeSearch: Sendable {
    /// How deep each list goes before they are fused: enough that a passage good in both comes out on top.
    static let depth = 30

    let embedder: any TextEmbedder
    let lookup: VectorLookup
    let store: RetrievalStore

    func search(_ query: KnowledgeQuery) async throws -> KnowledgeAnswer {
        let clock = ContinuousClock()
        let start = clock.now
        let vector = query.mode == .text ? nil : try await embedder.embed([query.text]).first
        let (passages, report) = try await passages(for: query, vector: vector)
        return KnowledgeAnswer(
            passages: passages, report: report, tookMilliseconds: start.duration(to: clock.now).milliseconds)
    }

    /// - Parameter vector: the text's own; nil in text mode.
    func passages(for query: KnowledgeQuery, vector: [Float]?) async throws -> ([Passage], RetrievalReport) {
        let depth = max(Self.depth, query.passages)
        async let words =
            query.mode == .vector
            ? [] : store.chunksMatching(text: query.text, in: query.organization, limit: depth)
        var hits: [RetrievalStore.Hit] = []
        var report = RetrievalReport(
            backend: query.backend ?? .index, indexGeneration: nil, fallbackReason: nil,
            embeddingModel: embedder.fingerprint, agreement: nil)
        if let vector {
            let answer = try await lookup.nearest(
                to: vector, kind: .knowledgeBase, in: query.organization, limit: depth, backend: query.backend,
                isChecked: query.isChecked)
            (hits, report) = (answer.hits, answer.report)
        }
        let near = hits.map { ChunkID($0.id) }
        let fused = ReciprocalRankFusion().fuse([near, try await words])
        let cosines = Dictionary(hits.map { (ChunkID($0.id), $0.cosine) }, uniquingKeysWith: { first, _ in first })

        // The rows are read last, so that what was deleted meanwhile is in no answer; some spare ones fill the gaps.
        let wanted = fused.prefix(query.passages * 2)
        let rows = Dictionary(
            try await store.passages(wanted.map(\.item), in: query.organization).map { ($0.chunkID, $0) },
            uniquingKeysWith: { first, _ in first })
        let passages = wanted.compactMap { fusion -> Passage? in
            guard var passage = rows[fusion.item] else { return nil }
            passage.vectorRank = fusion.ranks[0]
            passage.textRank = fusion.ranks[1]
            passage.cosine = cosines[fusion.item]
            passage.score = query.mode == .vector ? passage.cosine ?? 0 : fusion.score
            return passage
        }
        return (Array(passages.prefix(query.passages)), report)
    }
}
