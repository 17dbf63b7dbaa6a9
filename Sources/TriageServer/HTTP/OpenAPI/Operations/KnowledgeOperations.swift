import HTTPTypes
import Triage

/// What the routes of the knowledge base and of teams tell of themselves.
extension Operation {
    static let listDocuments = Operation(
        "listDocuments", .knowledge, "List the documents, newest first", parameters: .paging,
        answers: [.page(of: .ref("Document"))])

    static let createDocument = Operation(
        "createDocument", .knowledge, "Add a document",
        details: "Cut into chunks and embedded within seconds; `index_status` says when search finds it.",
        body: Body(
            .object([
                .required("title", .text(DocumentRoutes.title).with(example: "Refunds")),
                .required("text", .text(DocumentRoutes.text).with(example: "Refunds take five working days.")),
                .optional("metadata", .storedObject),
            ])),
        answers: [.created(.ref("Document"))])

    static let readDocument = Operation(
        "readDocument", .knowledge, "Read a document", answers: [.ok(.ref("Document"), "The document")])

    static let deleteDocument = Operation(
        "deleteDocument", .knowledge, "Delete a document", details: "It is in no answer from then on.",
        answers: [.noContent])

    static let listChunks = Operation(
        "listChunks", .knowledge, "A document's chunks in reading order", parameters: .paging,
        answers: [.page(of: .ref("Chunk"))])

    static let retrievePassages = Operation(
        "retrievePassages", .knowledge, "Search the knowledge base",
        details: "By a `query`, or by the text of the ticket `ticket_id`.",
        body: Body(
            .oneOf([
                .object(
                    [
                        .required(
                            "query",
                            .text(KnowledgeRoutes.query).with(example: "How long does a refund take?")),
                        .optional("ticket_id", JSONSchema(["type": "null"])),
                    ] + retrievalOptions),
                .object(
                    [.required("ticket_id", .identifier), .optional("query", JSONSchema(false))] + retrievalOptions),
            ])),
        answers: [.ok(.ref("Retrieval"), "Best first; `explanation` when it was asked for")])

    private static let retrievalOptions: [JSONSchema.Member] = [
        .optional(
            "k",
            .integer(1...Int64(KnowledgeQuery.passagesMax)).described(
                "How many; \(KnowledgeRoutes.Limits.passagesDefault) by default")),
        .optional("mode", .choice(KnowledgeQuery.Mode.self).described("`hybrid` by default")),
        .optional(
            "backend",
            .choice(RetrievalReport.Backend.self).described("Who searches the vectors; by default the index if it can")),
        .optional("explain", .boolean.described("Tell how the answer came about, and check it against pgvector")),
    ]

    static let listTeams = Operation(
        "listTeams", .administration, "List the teams", parameters: .paging, answers: [.page(of: .ref("Team"))])
}
