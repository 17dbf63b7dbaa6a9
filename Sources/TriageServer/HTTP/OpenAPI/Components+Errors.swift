import HTTPTypes
import Triage

extension Components {
    /// The bodies of answers that say no, as `APIError` writes them.
    static let errors: [String: JSONSchema] = [
        "Error": .answer([("detail", .text().with(example: "No Ticket matches the given query."))]),
        "FieldErrors": fieldErrors,
        "BadRequest": .oneOf([.ref("FieldErrors"), .ref("Error")]).described(
            "What is wrong with the body's members or the parameters, or that the body is no JSON"),
        "KeyedBadRequest": .oneOf([.ref("FieldErrors"), .ref("Error"), .ref("IdempotencyKeyError")]).described(
            "The same, or what is wrong with the Idempotency-Key"),
        "IdempotencyKeyError": .answer([
            (Operation.Parameter.idempotencyKey.name, .text().with(example: "This header is required."))
        ]),
        "Unauthorized": .object(
            [
                .required(
                    "detail", .text().with(example: "Authentication credentials were not provided.")),
                .optional("code", .text().with(example: "token_not_valid")),
                .optional("messages", tokenMessages),
            ], isClosed: true),
        "Conflict": .object(
            [
                .required("detail", .text()),
                .optional("fields", .array(of: .text()).described("The ticket's fields that a person changed since")),
            ], isClosed: true),
        "TeamInUse": .answer([
            ("detail", .text()), ("used_by", .array(of: .text()).described("What refers to the team")),
        ]),
        "Problem": .object(
            [
                .required("type", JSONSchema(["type": "string", "const": "about:blank"])),
                .required("title", .text()), .required("status", .integer(400...599)), .required("detail", .text()),
                .required("instance", .text().described("The request's path")),
                .required("request_id", .text().described("As in `X-Request-ID`")),
                .optional(
                    "errors",
                    .anyOf([.ref("FieldErrors"), .ref("IdempotencyKeyError")])),
                .optional("code", .text()), .optional("messages", tokenMessages),
                .optional("fields", .array(of: .text())), .optional("used_by", .array(of: .text())),
            ], isClosed: true
        ).described("RFC 9457, for `Accept: application/problem+json`"),
    ]

    private static let fieldErrors = JSONSchema([
        "type": "object", "minProperties": 1,
        "additionalProperties": JSONSchema([
            "type": "array", "minItems": 1, "items": ["type": "string"],
        ]).json,
        "description": "Messages by the field's name; `non_field_errors` are of the object as a whole",
        "examples": [["subject": ["This field may not be blank."]]],
    ])

    private static let tokenMessages = JSONSchema.array(
        of: .answer([
            ("token_class", .text()), ("token_type", .text()), ("message", .text()),
        ]))

    /// The answers that follow from what a route takes and who may call it, by status.
    struct StandardAnswer: Sendable {
        var status: HTTPResponse.Status
        /// Its name among the components.
        var name: String
        var description: String
        var schema: JSONSchema
    }

    static let standardAnswers: [StandardAnswer] = [
        .init(
            status: .badRequest, name: "BadRequest", description: "The request is not valid",
            schema: .ref("BadRequest")),
        .init(
            status: .unauthorized, name: "Unauthorized", description: "Not signed in, or no longer",
            schema: .ref("Unauthorized")),
        .init(
            status: .forbidden, name: "Forbidden", description: "The member's role does not allow it",
            schema: .ref("Error")),
        .init(
            status: .notFound, name: "NotFound",
            description: "There is no such thing or no such page; another organisation's is none",
            schema: .ref("Error")),
        .init(
            status: .requestTimeout, name: "RequestTimeout", description: "The body did not arrive in time",
            schema: .ref("Error")),
        .init(
            status: .preconditionFailed, name: "PreconditionFailed",
            description: "It has changed since the version in If-Match", schema: .ref("Error")),
        .init(
            status: .contentTooLarge, name: "ContentTooLarge", description: "The body is too large",
            schema: .ref("Error")),
        .init(
            status: .uriTooLong, name: "URITooLong",
            description: "Path and query have more than \(RequestLimits.targetBytesMax) bytes", schema: .ref("Error")),
        .init(
            status: .unsupportedMediaType, name: "UnsupportedMediaType",
            description: "The body is not application/json in UTF-8", schema: .ref("Error")),
        .init(
            status: .tooManyRequests, name: "TooManyRequests", description: "Too many; try again after `Retry-After`",
            schema: .ref("Error")),
        .init(
            status: .internalServerError, name: "InternalError",
            description: "A fault of the server; its log has it under the `X-Request-ID`", schema: .ref("Error")),
        .init(
            status: .serviceUnavailable, name: "Unavailable",
            description: "The database or the server is not available; try again after `Retry-After`",
            schema: .ref("Error")),
    ]
}
