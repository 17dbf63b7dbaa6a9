import Hummingbird
import Triage

/// Searching the knowledge base.
struct KnowledgeRoutes: Sendable {
    enum Limits {
        static let passagesDefault: Int64 = 5
    }

    static let query = BodyFields.TextRule(charactersMax: 10_000)

    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            .member(
                .viewer, .post, "/api/organizations/{organization}/kb/retrieve", services, .retrievePassages,
                handler: retrieve
            ).laborious()
        ]
    }

    @Sendable private func retrieve(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        var fields = try await request.fields()
        let text = fields.optionalText("query", Self.query)
        let ticketID: TicketID? = fields.optionalIdentifier("ticket_id")
        let count = fields.optionalInteger("k", in: 1...Int64(KnowledgeQuery.passagesMax)) ?? Limits.passagesDefault
        let mode = fields.optionalChoice("mode", KnowledgeQuery.Mode.self) ?? .hybrid
        let backend = fields.optionalChoice("backend", RetrievalReport.Backend.self)
        let explain = fields.optionalBoolean("explain") ?? false
        if !fields.has("query") && !fields.has("ticket_id") {
            fields.reject(APIError.nonField, "Either query or ticket_id is required.")
        } else if text != nil && ticketID != nil {
            fields.reject(APIError.nonField, "Only one of query and ticket_id is allowed.")
        } else if !fields.has("query") && ticketID == nil {
            // `reject` unless the reader did: a null ticket_id is none.
            if fields.errors.isEmpty { fields.reject("ticket_id", BodyFields.Message.null) }
        }
        try fields.check()
        var wanted = text ?? ""
        if let ticketID {
            guard let ticket = try await services.tickets.ticket(ticketID, in: organization) else {
                throw APIError.notFound("Ticket")
            }
            wanted = ticket.text
        }
        let answer = try await services.knowledge.search(
            KnowledgeQuery(
                organization: organization, text: wanted, passages: Int(count), mode: mode, backend: backend,
                isChecked: explain))
        return .json(capacity: 4096) { json in
            json.object { json in
                json.field("results", answer.passages)
                json.field("backend", answer.report.backend.rawValue)
                json.field("took_ms", (answer.tookMilliseconds * 1000).rounded() / 1000)
                if explain { json.field("explanation", KnowledgeExplanation(answer: answer, mode: mode)) }
            }
        }
    }
}

/// How a search came to its answer: what was asked, who answered, whether pgvector's exact answer agrees (it is always
/// asked for an explained search), and each passage's rank in either list.
private struct KnowledgeExplanation: JSONRepresentable {
    let answer: KnowledgeAnswer
    let mode: KnowledgeQuery.Mode

    func write(to json: inout JSONWriter) {
        let report = answer.report
        json.object { json in
            json.field("mode", mode.rawValue)
            json.field("index_generation", report.indexGeneration)
            json.field("index_version", report.indexVersion.map { JSONValue.int(Int64(clamping: $0)) } ?? .null)
            json.field("fallback_reason", report.fallbackReason)
            json.field("embedding_model", report.embeddingModel)
            json.field("agreement", report.agreement)
            json.key("passages")
            json.array { json in
                for passage in answer.passages {
                    json.object { json in
                        json.field("chunk_id", passage.chunkID)
                        json.field("vector_rank", passage.vectorRank.map(Int64.init).map(JSONValue.int) ?? .null)
                        json.field("text_rank", passage.textRank.map(Int64.init).map(JSONValue.int) ?? .null)
                        json.field("cosine", passage.cosine)
                        json.field("score", passage.score)
                    }
                }
            }
        }
    }
}
