import HTTPTypes
import Triage

extension Operation.Parameter {
    /// For a POST that is to happen once however often it is sent.
    package static let idempotencyKey = header(
        "Idempotency-Key", .text(min: 1, max: RequestLimits.idempotencyKeyCharactersMax),
        "Names the request: sent again, it is answered with what the first one did. Bare or quoted, in UTF-8.",
        isRequired: true)

    package static let ifMatch = header(
        "If-Match", .text(), "Only if it still has this `ETag` (or any, with `*`)",
        refusal: .preconditionFailed)

    package static let ifNoneMatch = header(
        "If-None-Match", .text(), "Answers 304 without a body if it still has this `ETag`", refusal: nil)

    /// How long to wait for a job run's end.
    package static let wait = query(
        "wait", .integer(0...Int64.max),
        "Answer when the run has ended or after so many seconds, \(TriageRoutes.Limits.waitSecondsMax) at most, and in any "
            + "case before the time that the server gives a request is up")
}

extension [Operation.Parameter] {
    /// `page`, `page_size` and `limit`, which every list takes.
    package static let paging: [Operation.Parameter] = [
        .query("page", .integer(1...Int64(Int32.max)), "Which page, from 1", refusal: .notFound),
        .query("page_size", pageSize, "Entries a page; anything but a number is the default", refusal: nil),
        .query("limit", pageSize, "The same as `page_size`", refusal: nil),
    ]

    private static let pageSize = JSONSchema.anyOf([
        JSONSchema([
            "type": "integer", "minimum": 1, "maximum": .int(Int64(PageRequest.Limits.sizeMax)),
            "default": .int(Int64(PageRequest.Limits.sizeDefault)),
        ]),
        .text(),
    ])

    package static func ordering(_ fields: [String]) -> [Operation.Parameter] {
        [
            .query(
                "ordering", .text(),
                "Fields, comma-separated, `-` for descending, others ignored: "
                    + fields.map { "`\($0)`" }.joined(separator: ", "),
                refusal: nil)
        ]
    }

    /// Both ends of a time; a date alone is its first moment in UTC.
    package static var createdBetween: [Operation.Parameter] {
        let time = JSONSchema.anyOf([.dateTime, JSONSchema(["type": "string", "format": "date"])])
        return [
            .query("created_from", time, "Not before this time"), .query("created_to", time, "Not after this time"),
        ]
    }
}
