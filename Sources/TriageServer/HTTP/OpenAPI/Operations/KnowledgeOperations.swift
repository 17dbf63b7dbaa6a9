import HTTPTypes
import Triage

/// What the routes of the knowledge base and of teams tell of themselves.
extension Operation {
    static let listDocuments = Operation(
        "listDocuments", .knowledge, "List the documents, newest first", parameters: .paging,
        answers: [
            .page(of: .ref("Document")),
            .init(
                .badRequest, "The page's texts come to more than 64 MiB: ask for fewer documents", .ref("BadRequest")),
        ])

    private static let documentBody = Body(
        .object([
            .required("title", .text(DocumentRoutes.title).with(example: "Refunds")),
            .required("text", .text(DocumentRoutes.text).with(example: "Refunds take five working days.")),
            .optional("metadata", .storedObject),
        ]))

    static let createDocument = Operation(
        "createDocument", .knowledge, "Add a document",
        details: "Cut into chunks and embedded within seconds; `index_status` says when search finds it.",
        body: documentBody,
        answers: [.init(.created, "Created", .ref("Document"), headers: [("ETag", "Its version")])])

    static let readDocument = Operation(
        "readDocument", .knowledge, "Read a document",
        answers: [.init(.ok, "The document", .ref("Document"), headers: [("ETag", "Its version")])])

    static let replaceDocument = Operation(
        "replaceDocument", .knowledge, "Replace a document",
        details: "Passages that change are embedded anew; search never shows the old text afterwards.",
        parameters: [.ifMatch], body: documentBody,
        answers: [
            .init(.ok, "The document as it is now", .ref("Document"), headers: [("ETag", "Its version")])
        ])

    static let deleteDocument = Operation(
        "deleteDocument", .knowledge, "Delete a document", details: "It is in no answer from then on.",
        parameters: [.ifMatch], answers: [.noContent])

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
