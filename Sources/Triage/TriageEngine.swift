import FoundationEssentials

/// One attempt at one proposal: the local engine always answers; a language model, when there is one, may replace the
/// decision and the draft if what it says passes every check.
public struct TriageEngine: Sendable {
    private let router = LocalRouter()
    private let drafter = ReplyDrafter()
    private let model: (any LanguageModel)?

    public init(model: (any LanguageModel)? = nil) { self.model = model }

    /// Whom the local engine's answer is attributed to in `metadata.model`.
    public static let localModel = "local:nearest-decisions-and-rules"

    /// - Parameters:
    ///   - calibration: of the organisation's router; nil while there are too few decisions.
    ///   - boundary: a random string that fences customer text in prompts.
    /// - Returns: a proposal, whatever the model does; its metadata says who made it and why.
    public func propose(
        for ticket: Ticket, policy: RoutingPolicy, evidence: Evidence, calibration: ConfidenceCalibration?,
        boundary: String
    ) async -> TriageProposal {
        let clock = ContinuousClock()
        let start = clock.now
        let routing = router.route(text: ticket.text, policy: policy, neighbors: evidence.decidedTickets)
        let localDone = clock.now
        let confidence = routing.team == nil ? nil : calibration?.confidence(share: routing.teamShare)

        var decision: ModelDecision?
        var modelError: String?
        if let model, !policy.teams.isEmpty {
            let prompt = TriagePrompt().prompt(for: ticket, policy: policy, evidence: evidence, boundary: boundary)
            do {
                let answer = try await model.complete(prompt)
                decision = try ModelDecision(answer: answer, policy: policy, passages: evidence.passages)
            } catch {
                modelError = (error as? LanguageModelError)?.description ?? "failed"
            }
        }
        let modelDone = clock.now

        var metadata: [String: JSONValue] = [
            "engine": decision == nil ? "local" : "llm",
            "model": .string(decision == nil ? Self.localModel : model?.name ?? ""),
            "prompt_version": .string(TriagePrompt.version),
            "reasons": .array(reasons(routing, decision, calibration).map(JSONValue.string)),
            "retrieval": retrieval(evidence),
            "similar_tickets": .array(evidence.decidedTickets.map(similar)),
        ]
        if let modelError {
            metadata["llm_error"] = .string(modelError)
            metadata["llm_model"] = JSONValue(model?.name)
        }
        let proposal: TriageProposal
        if let decision {
            proposal = TriageProposal(
                priority: decision.priority, team: decision.team, draftReply: decision.draftReply,
                classification: classification(routing), citations: decision.cited.map(Citation.init),
                // The calibration speaks of the local router's choice, and of no other.
                confidence: decision.team == routing.team ? confidence : nil, metadata: .object(metadata))
        } else {
            let draft = drafter.draft(ticketText: ticket.text, team: routing.team, passages: evidence.passages)
            proposal = TriageProposal(
                priority: routing.priority, team: routing.team, draftReply: draft.text,
                classification: classification(routing), citations: draft.cited.map(Citation.init),
                confidence: confidence, metadata: .object(metadata))
        }
        var timed = proposal
        let end = clock.now
        var timings: [String: JSONValue] = [
            "route": .double(start.duration(to: localDone).milliseconds),
            "draft": .double(modelDone.duration(to: end).milliseconds),
        ]
        if model != nil { timings["model"] = .double(localDone.duration(to: modelDone).milliseconds) }
        metadata["timings_ms"] = .object(timings)
        timed.metadata = .object(metadata)
        return timed
    }

    private func reasons(
        _ routing: Routing, _ decision: ModelDecision?, _ calibration: ConfidenceCalibration?
    ) -> [String] {
        var sentences = routing.reasons
        if let decision, !decision.reason.isEmpty { sentences.insert("Model: " + decision.reason, at: 0) }
        if let calibration {
            let percent = Int((calibration.accuracy * 100).rounded())
            sentences.append(
                "On \(calibration.outcomes) held-back decisions this routing was right \(percent) % of the time.")
        }
        return sentences
    }

    private func classification(_ routing: Routing) -> JSONValue {
        [
            "team_scores": .object(routing.teamShares.mapValues(JSONValue.double)),
            "priority_scores": .object(
                Dictionary(uniqueKeysWithValues: routing.priorityShares.map { ($0.key.rawValue, .double($0.value)) })),
            "rules": .array(routing.rules.map { .array($0.keywords.map(JSONValue.string)) }),
        ]
    }

    private func similar(_ ticket: DecidedTicket) -> JSONValue {
        [
            "ticket": .int(ticket.ticket.rawValue), "subject": .string(ticket.subject), "team": .string(ticket.team),
            "priority": .string(ticket.priority.rawValue), "score": .double(ticket.score),
        ]
    }

    private func retrieval(_ evidence: Evidence) -> JSONValue {
        let report = evidence.report
        var members: [String: JSONValue] = [
            "backend": .string(report.backend.rawValue), "embedding_model": .string(report.embeddingModel),
            "index_generation": JSONValue(report.indexGeneration),
            "passages": .array(
                evidence.passages.map { passage in
                    [
                        "chunk_id": .int(passage.chunkID.rawValue), "document_id": .int(passage.documentID.rawValue),
                        "vector_rank": JSONValue(passage.vectorRank.map(Int64.init)),
                        "text_rank": JSONValue(passage.textRank.map(Int64.init)), "score": .double(passage.score),
                    ]
                }),
        ]
        if let version = report.indexVersion { members["index_version"] = .int(Int64(clamping: version)) }
        if let reason = report.fallbackReason { members["fallback_reason"] = .string(reason) }
        if let agreement = report.agreement { members["agreement"] = .double(agreement) }
        return .object(members)
    }
}

extension Duration {
    /// Milliseconds, with fractions.
    public var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + Double(attoseconds) * 1e-15
    }
}
