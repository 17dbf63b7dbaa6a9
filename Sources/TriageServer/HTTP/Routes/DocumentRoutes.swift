import Hummingbird
import Triage

/// The knowledge base's documents.
struct DocumentRoutes: Sendable {
    static let title = BodyFields.TextRule(charactersMax: Document.Limits.titleCharactersMax)
    /// Kept as it is: chunks and citations point into it by character.
    static let text = BodyFields.TextRule(charactersMax: Document.Limits.textCharactersMax, trims: false)

    let services: HTTPServices

    var endpoints: [Endpoint] {
        let documents = "/api/organizations/{organization}/documents"
        let document = documents + "/{document}"
        return [
            .member(.viewer, .get, documents, services, .listDocuments, handler: list),
            .member(
                .agent, .post, documents, services, .createDocument,
                bodyBytesMax: RequestLimits.documentBodyBytesMax, handler: create),
            .member(.viewer, .get, document, services, .readDocument, handler: read),
            .member(.agent, .delete, document, services, .deleteDocument, handler: delete),
            .member(.viewer, .get, document + "/chunks", services, .listChunks, handler: chunks),
        ]
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let page = try PageRequest(request.query)
        let documents = try await services.documents.documents(in: organization, page: page.window)
        return try request.answer(documents, for: page)
    }

    @Sendable private func create(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        var fields = try await request.fields()
        let title = fields.requiredText("title", Self.title)
        let text = fields.requiredText("text", Self.text)
        let metadata = fields.optionalObject("metadata") ?? [:]
        try fields.check()
        let document = try await services.documents.create(
            title: title, text: text, metadata: metadata, in: organization)
        return .json(.created, of: document)
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        .json(of: try await document(request, organization))
    }

    @Sendable private func delete(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let id: DocumentID = try request.identifier("document", of: "Document")
        try await ErrorTranslation.naming("Document") {
            try await services.documents.delete(id, in: organization)
        }
        return .noContent
    }

    @Sendable private func chunks(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let document = try await document(request, organization)
        let page = try PageRequest(request.query)
        let chunks = try await services.documents.chunks(of: document.id, in: organization, page: page.window)
        return try request.answer(chunks, for: page)
    }

    private func document(_ request: APIRequest, _ organization: OrganizationID) async throws -> Document {
        let id: DocumentID = try request.identifier("document", of: "Document")
        guard let document = try await services.documents.document(id, in: organization) else {
            throw APIError.notFound("Document")
        }
        return document
    }
}
