import HTTPTypes
import Triage

/// What a route tells of itself: the OpenAPI document is made from these, and tests hold the routes' answers against it.
package struct Operation: Sendable {
    /// Who may call a route at all.
    package enum Access: Sendable, Equatable {
        case anybody
        case signedIn
        /// Members of the path's organisation (or the ticket's) with at least that role.
        case member(Role)
        /// Members of at least that role, or a system with the organisation's key.
        case memberOrKey(Role)
    }

    /// A query parameter or header field that the route reads.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case query, header }

        package var name: String
        package var place: Place
        package var schema: JSONSchema
        package var description: String
        package var isRequired: Bool
        /// What a value that does not fit is answered with; nil when it is ignored.
        package var refusal: HTTPResponse.Status?

        /// An empty value counts as none, as `FilterFields` reads it.
        package static func query(
            _ name: String, _ schema: JSONSchema, _ description: String, refusal: HTTPResponse.Status? = .badRequest
        ) -> Parameter {
            Parameter(
                name: name, place: .query, schema: schema, description: description, isRequired: false,
                refusal: refusal)
        }

        package static func header(
            _ name: String, _ schema: JSONSchema, _ description: String, isRequired: Bool = false,
            refusal: HTTPResponse.Status? = .badRequest
        ) -> Parameter {
            Parameter(
                name: name, place: .header, schema: schema, description: description, isRequired: isRequired,
                refusal: refusal)
        }
    }

    /// What the route takes as JSON.
    package struct Body: Sendable {
        package var schema: JSONSchema
        package var isRequired: Bool

        package init(_ schema: JSONSchema, isRequired: Bool = true) {
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    /// One status that the route answers with, beyond those that follow from its access, parameters and body.
    package struct Answer: Sendable {
        package var status: HTTPResponse.Status
        package var description: String
        /// nil: there is no body.
        package var schema: JSONSchema?
        package var contentType: String
        /// Names of header fields that come with it, and what they are.
        package var headers: [(name: String, description: String)]

        package init(
            _ status: HTTPResponse.Status, _ description: String, _ schema: JSONSchema? = nil,
            contentType: String = "application/json", headers: [(name: String, description: String)] = []
        ) {
            self.status = status
            self.description = description
            self.schema = schema
            self.contentType = contentType
            self.headers = headers
        }
    }

    /// Unique, e.g. `listTickets`.
    package var id: String
    /// One line without a full stop.
    package var summary: String
    /// Paragraphs of Markdown; empty when the summary says all.
    package var details: String
    package var tag: Tag
    package var parameters: [Parameter]
    package var body: Body?
    package var answers: [Answer]

    /// The chapters of the document.
    package enum Tag: String, Sendable, CaseIterable {
        case auth = "Sign-in"
        case tickets = "Tickets"
        case triage = "Triage"
        case suggestions = "Suggestions"
        case knowledge = "Knowledge base"
        case dashboard = "Dashboard"
        case administration = "Administration"
        case operations = "Operations"

        package var description: String {
            switch self {
            case .auth: "Tokens, and who is signed in."
            case .tickets: "What customers ask, and what became of it."
            case .triage: "Asking for a suggestion, and looking how far it is."
            case .suggestions: "What triage proposes, and a person's decision on it."
            case .knowledge: "The documents that replies rest on, and searching them."
            case .dashboard: "Measured figures."
            case .administration: "Teams, rules, members, keys and policy."
            case .operations: "Health, metrics and this document."
            }
        }
    }

    package init(
        _ id: String, _ tag: Tag, _ summary: String, details: String = "", parameters: [Parameter] = [],
        body: Body? = nil, answers: [Answer]
    ) {
        self.id = id
        self.tag = tag
        self.summary = summary
        self.details = details
        self.parameters = parameters
        self.body = body
        self.answers = answers
    }
}

extension Operation.Answer {
    package static func ok(_ schema: JSONSchema, _ description: String = "The answer") -> Self {
        Self(.ok, description, schema)
    }

    package static func created(_ schema: JSONSchema) -> Self { Self(.created, "Created", schema) }
    package static let noContent = Self(.noContent, "Done; there is no body")

    /// A page of a list: `{count, next, previous, results}`.
    package static func page(of element: JSONSchema) -> Self {
        Self(
            .ok, "One page",
            .answer([
                ("count", .integer(0...Int64.max)), ("next", JSONSchema.text().nullable),
                ("previous", JSONSchema.text().nullable), ("results", .array(of: element)),
            ]))
    }

    /// `{"detail": …}` with another status than the usual ones.
    package static func error(_ status: HTTPResponse.Status, _ description: String) -> Self {
        Self(status, description, .ref("Error"))
    }
}
