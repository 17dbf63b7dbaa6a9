import HTTPTypes
import Triage

/// What health, metrics and the document itself tell of themselves.
extension Operation {
    static let readHealth = status("readHealth", "Whether the server is alive; says nothing of its database")
    static let readLiveness = status("readLiveness", "The same as /healthz")

    private static func status(_ id: String, _ summary: String) -> Operation {
        Operation(id, .operations, summary, answers: [.ok(.answer([("status", .choice(["ok"]))]), "It is")])
    }

    static let readReadiness = Operation(
        "readReadiness", .operations, "Whether requests can be answered, and whether as they should be",
        answers: [
            .ok(.ref("Readiness"), "`ready`, or `degraded`: it answers, but not in the way that it should"),
            Answer(.serviceUnavailable, "A part that requests depend on is away", .ref("Readiness")),
        ])

    static let readMetrics = Operation(
        "readMetrics", .operations, "Metrics in Prometheus' text format",
        answers: [Answer(.ok, "The metrics", .text(), contentType: "text/plain")])

    static let readSchema = Operation(
        "readSchema", .operations, "This document", parameters: [.ifNoneMatch],
        answers: [
            Answer(.ok, "OpenAPI 3.1", .freeObject, headers: [fileVersion]),
            Answer(.notModified, "It is what the client has already", headers: [fileVersion]),
        ])

    static let readDocs = Operation(
        "readDocs", .operations, "This document as a page", parameters: [.ifNoneMatch],
        answers: [
            Answer(.ok, "The page", .text(), contentType: "text/html", headers: [fileVersion]),
            Answer(.notModified, "It is what the client has already", headers: [fileVersion]),
        ])

    private static let fileVersion = (name: "ETag", description: "Names these bytes")
}
