import HTTPTypes
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
            .member(
                .agent, .put, document, services, .replaceDocument,
                bodyBytesMax: RequestLimits.documentBodyBytesMax, handler: replace),
            .member(.agent, .delete, document, services, .deleteDocument, handler: delete),
            .member(.viewer, .get, document + "/chunks", services, .listChunks, handler: chunks),
        ]
    }

    @Sendable private func list(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let page = try PageRequest(request.query)
        let bytes = try await services.documents.textBytes(in: organization, page: page.window)
        guard bytes <= RequestLimits.pageTextBytesMax else {
            throw APIError.invalid(
                "page_size",
                "The texts of this page are \(bytes) bytes, and at most \(RequestLimits.pageTextBytesMax) go into one "
                    + "answer. Ask for fewer documents.")
        }
        // As rows and as text; the answer counts for itself.
        let share = request.memory.answers.share()
        defer { withExtendedLifetime(share) {} }
        try share.hold(2 * bytes)
        let documents = try await services.documents.documents(in: organization, page: page.window)
        return try request.answer(documents, for: page)
    }

    @Sendable private func create(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let draft = try await Self.draft(request)
        let document = try await services.documents.create(
            title: draft.title, text: draft.text, metadata: draft.metadata, in: organization)
        return Self.answer(document, status: .created)
    }

    @Sendable private func replace(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let before = try await document(request, organization)
        let draft = try await Self.draft(request)
        let version = try EntityTag.ifMatch(request.headers).version(toExpect: before.version)
        let replaced = try await ErrorTranslation.naming("Document") {
            try await services.documents.replace(before.id, in: organization, by: draft, ifVersion: version)
        }
        return Self.answer(replaced)
    }

    private static func draft(_ request: APIRequest) async throws -> DocumentDraft {
        var fields = try await request.fields()
        let title = fields.requiredText("title", Self.title)
        let text = fields.requiredText("text", Self.text)
        let metadata = fields.optionalObject("metadata") ?? [:]
        try fields.check()
        return DocumentDraft(title: title, text: text, metadata: metadata)
    }

    private static func answer(_ document: Document, status: HTTPResponse.Status = .ok) -> Response {
        .json(status, headers: [.eTag: EntityTag.of(version: document.version)], of: document)
    }

    @Sendable private func read(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        Self.answer(try await document(request, organization))
    }

    @Sendable private func delete(
        _ request: APIRequest, _ principal: Principal, _ organization: OrganizationID
    ) async throws -> Response {
        let document = try await document(request, organization)
        let version = try EntityTag.ifMatch(request.headers).version(toExpect: document.version)
        try await ErrorTranslation.naming("Document") {
            try await services.documents.delete(document.id, in: organization, ifVersion: version)
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
