import HTTPTypes
import Triage

/// One operation of the document: what the route says of itself, with the parameters of its path, and the answers and
/// header fields that follow by rule.
struct DescribedOperation {
    private let endpoint: Endpoint
    private let operation: Operation

    init(_ endpoint: Endpoint, _ operation: Operation) {
        self.endpoint = endpoint
        self.operation = operation
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(operation.id), "tags": [.string(operation.tag.rawValue)],
            "summary": .string(operation.summary), "responses": .object(responses), "security": security,
            "x-access": .string(access),
        ]
        if !operation.details.isEmpty { members["description"] = .string(operation.details) }
        let parameters = pathParameters + operation.parameters.map(Self.parameter)
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if let body = operation.body {
            members["requestBody"] = [
                "required": .bool(body.isRequired), "content": ["application/json": ["schema": body.schema.json]],
            ]
        }
        return .object(members)
    }

    // MARK: Who may

    /// `anybody`, `signed-in`, or the lowest role that may.
    private var access: String {
        switch endpoint.access {
        case .anybody: "anybody"
        case .signedIn: "signed-in"
        case .member(let role), .memberOrKey(let role): role.rawValue
        }
    }

    private var security: JSONValue {
        switch endpoint.access {
        case .anybody: []
        case .signedIn, .member: [["token": []]]
        case .memberOrKey: [["token": []], ["apiKey": []]]
        }
    }

    // MARK: Parameters

    private var pathParameters: [JSONValue] {
        pathNames.map { name in
            [
                "name": .string(name), "in": "path", "required": true, "schema": JSONSchema.identifier.json,
                "description": .string("The \(name == "organization" ? "organisation" : name)'s id"),
            ]
        }
    }

    private var pathNames: [String] {
        endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    private static func parameter(_ parameter: Operation.Parameter) -> JSONValue {
        var schema = parameter.schema
        // `FilterFields` takes an empty value for none.
        if parameter.place == .query, parameter.refusal == .badRequest {
            schema = .anyOf([schema, JSONSchema(["type": "string", "maxLength": 0])])
        }
        return [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.isRequired), "description": .string(parameter.description),
            "schema": schema.json,
        ]
    }

    // MARK: Answers

    private var responses: [String: JSONValue] {
        let isAPI = OpenAPIDocument.isAPI(endpoint)
        var responses: [String: JSONValue] = [:]
        for answer in Components.standardAnswers where standardStatuses.contains(answer.status) {
            responses[String(answer.status.code)] = ["$ref": .string("#/components/responses/\(answer.name)")]
        }
        if operation.parameters.contains(where: { $0.name == Operation.Parameter.idempotencyKey.name }) {
            responses["400"] = Self.response(
                .init(.badRequest, "The request or its Idempotency-Key is not valid", .ref("KeyedBadRequest")),
                isAPI: isAPI)
        }
        for answer in operation.answers {
            responses[String(answer.status.code)] = Self.response(answer, isAPI: isAPI)
        }
        return responses
    }

    private var standardStatuses: Set<HTTPResponse.Status> {
        var statuses = Set(operation.parameters.compactMap(\.refusal))
        // The target is measured before any route is looked for.
        statuses.formUnion([.uriTooLong, .internalServerError])
        if OpenAPIDocument.isAPI(endpoint) { statuses.insert(.serviceUnavailable) }
        if operation.body != nil {
            statuses.formUnion([.badRequest, .requestTimeout, .contentTooLarge, .unsupportedMediaType])
        }
        if !pathNames.isEmpty { statuses.insert(.notFound) }
        switch endpoint.access {
        case .anybody: break
        case .signedIn: statuses.insert(.unauthorized)
        case .member(let role):
            statuses.insert(.unauthorized)
            if role > .viewer { statuses.insert(.forbidden) }
        // The body names the organisation, which may not be there.
        case .memberOrKey: statuses.formUnion([.unauthorized, .forbidden, .notFound])
        }
        return statuses
    }

    /// - Parameter isAPI: whether `ErrorMiddleware` writes its errors, in either of their forms.
    static func response(_ answer: Operation.Answer, isAPI: Bool) -> JSONValue {
        var headers: [String: JSONValue] = [:]
        for name in ["X-Request-ID"] + fields(of: answer.status) {
            headers[name] = ["$ref": .string("#/components/headers/\(name)")]
        }
        for header in answer.headers {
            headers[header.name] = [
                "required": true, "description": .string(header.description), "schema": JSONSchema.text(min: 1).json,
            ]
        }
        var members: [String: JSONValue] = [
            "description": .string(answer.description), "headers": .object(headers),
        ]
        if let schema = answer.schema {
            var content: [String: JSONValue] = [answer.contentType: ["schema": schema.json]]
            if isAPI, answer.status.code >= 400 {
                content["application/problem+json"] = ["schema": JSONSchema.ref("Problem").json]
            }
            members["content"] = .object(content)
        }
        return .object(members)
    }

    private static func fields(of status: HTTPResponse.Status) -> [String] {
        switch status {
        case .unauthorized: ["WWW-Authenticate"]
        case .tooManyRequests, .serviceUnavailable: ["Retry-After"]
        default: []
        }
    }
}
