import HTTPTypes
import Triage

/// The OpenAPI 3.1 document of the routes: what each tells of itself, and what follows from that by rule.
package struct OpenAPIDocument: Sendable {
    package static let version = "0.1.0"

    package let json: JSONValue

    /// - Parameter publicURL: scheme and host of the installation; nil leaves it to whoever reads the document.
    /// - Precondition: `faults(in:)` has none.
    package init(endpoints: [Endpoint], publicURL: String? = nil) {
        let faults = Self.faults(in: endpoints)
        precondition(faults.isEmpty, faults.joined(separator: "; "))
        var paths: [String: [String: JSONValue]] = [:]
        for endpoint in endpoints {
            guard let operation = endpoint.operation else { continue }
            paths[Self.path(of: endpoint), default: [:]][endpoint.method.rawValue.lowercased()] =
                DescribedOperation(endpoint, operation).json
        }
        json = [
            "openapi": "3.1.0", "info": Self.info, "servers": [["url": .string(publicURL ?? "/")]],
            "tags": .array(
                Operation.Tag.allCases.map {
                    ["name": .string($0.rawValue), "description": .string($0.description)]
                }),
            "paths": .object(paths.mapValues(JSONValue.object)),
            "components": [
                "schemas": .object(Components.schemas.mapValues(\.json)), "responses": Self.responses,
                "headers": Self.headers, "securitySchemes": Self.securitySchemes,
            ],
        ]
    }

    /// What keeps routes from being in a document, a line each: an API route that tells nothing of itself, two that have
    /// one id, or two that are one path and method.
    package static func faults(in endpoints: [Endpoint]) -> [String] {
        var faults: [String] = []
        var ids: Set<String> = []
        var routes: Set<String> = []
        for endpoint in endpoints {
            let route = "\(endpoint.method.rawValue) \(endpoint.path)"
            if !routes.insert(route).inserted { faults.append("\(route) is there twice") }
            if let operation = endpoint.operation {
                if !ids.insert(operation.id).inserted {
                    faults.append("\(route): \(operation.id) is another route's id")
                }
            } else if isAPI(endpoint) {
                faults.append("\(route) has no Operation")
            }
        }
        return faults
    }

    static func isAPI(_ endpoint: Endpoint) -> Bool { endpoint.path.hasPrefix("/api/") }

    /// The API's paths end in a slash, as Django's clients write them; both spellings work everywhere.
    private static func path(of endpoint: Endpoint) -> String { isAPI(endpoint) ? endpoint.path + "/" : endpoint.path }

    private static let info: JSONValue = [
        "title": "Nexify", "version": .string(version),
        "summary": "Ticket triage: a team, a priority and a drafted reply for every ticket, and a person decides.",
        "description": """
        Every path works with and without its trailing slash. Every answer carries `X-Request-ID`, the client's own when \
        that is 1–128 letters, digits and `-_.:`. Whole numbers may also be sent as `3.0` or `"3"`. Query parameters and \
        members of a body that a route does not name are ignored.

        Errors are `{"detail": message}`, or `{field: [messages]}` where fields are wrong; with \
        `Accept: application/problem+json` they are RFC 9457 problems. What belongs to another organisation is answered \
        like what does not exist. What is no HTTP is answered with 400, and a head beyond the server's limits with 431, \
        before any route is looked for.
        """,
    ]

    private static let securitySchemes: JSONValue = [
        "token": [
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The `access` token of `POST /api/auth/token/`",
        ],
        "apiKey": [
            "type": "apiKey", "in": "header", "name": .string(HTTPField.Name.xAPIKey.rawName),
            "description": "An organisation's key, for handing in tickets",
        ],
    ]

    private static let headers: JSONValue = [
        "X-Request-ID": header(
            "Ties the answer to the server's log", .text(min: 1, max: RequestIdentity.Limits.bytesMax)),
        "WWW-Authenticate": header("How to sign in", JSONSchema(["type": "string", "const": #"Bearer realm="api""#])),
        "Retry-After": header("Seconds until it is worth trying again", .integer(1...3600)),
        "ETag": header("Names this version, for If-Match and If-None-Match", .text(min: 3)),
    ]

    private static func header(_ description: String, _ schema: JSONSchema) -> JSONValue {
        ["description": .string(description), "required": true, "schema": schema.json]
    }

    /// The standard answers as components; a route that words one differently has its own.
    private static let responses = JSONValue.object(
        Dictionary(
            uniqueKeysWithValues: Components.standardAnswers.map { answer in
                (
                    answer.name,
                    DescribedOperation.response(
                        .init(answer.status, answer.description, answer.schema), isAPI: true)
                )
            }))
}
