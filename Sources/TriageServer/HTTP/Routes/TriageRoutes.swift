import Crypto
import HTTPTypes
import Hummingbird
import Triage

/// Asking for a suggestion, and looking how far it is.
struct TriageRoutes: Sendable {
    enum Limits {
        static let waitSecondsMax: Int64 = 30
    }

    let services: HTTPServices

    var endpoints: [Endpoint] {
        TicketPath.both(services).map {
            $0.endpoint(
                .post, "/trigger-triage", role: .agent, .triggerTriage, bodyBytesMax: RequestLimits.smallBodyBytesMax,
                handler: trigger)
        }
            + [.signedIn(.get, "/api/job-runs/{run}", services, .readJobRun, handler: read)]
    }

    @Sendable private func trigger(
        _ request: APIRequest, _ principal: Principal, _ ticket: Ticket
    ) async throws -> Response {
        let key = try Self.idempotencyKey(request.headers)
        let timeout = try Self.wait(request.query)
        let body = try await request.json()
        _ = try BodyFields(body)
        let (run, created) = try await ErrorTranslation.naming("Ticket") {
            try await services.jobRuns.trigger(
                TriageRequest(
                    ticket: ticket.id, idempotencyKey: key,
                    hash: Self.requestHash("trigger-triage", ticket.id, body), user: principal.user),
                in: ticket.organization)
        }
        return try await answer(
            request, run, to: principal.user, waitingFor: timeout, status: created ? .accepted : .ok, created: created)
    }

    @Sendable private func read(_ request: APIRequest, _ user: UserID) async throws -> Response {
        let id: JobRunID = try request.identifier("run", of: "JobRun")
        let timeout = try Self.wait(request.query)
        let found = try await services.access.organization(ofJobRun: id, for: user)
        _ = try Authenticator.principal(user, found?.standing, orMissing: "JobRun")
        guard let organization = found?.organization,
            let run = try await services.jobRuns.run(id, in: organization)
        else { throw APIError.notFound("JobRun") }
        request.context.subject.note(organization: organization)
        return try await answer(request, run, to: user, waitingFor: timeout, status: .ok, created: false)
    }

    private func answer(
        _ request: APIRequest, _ run: JobRun, to user: UserID, waitingFor timeout: Duration?,
        status: HTTPResponse.Status, created: Bool
    ) async throws -> Response {
        var run = run
        if let timeout, !run.status.isFinal {
            let timeout = services.transport.times.wait(timeout, since: request.beginning)
            run = try await services.jobRuns.waitForEnd(of: run.id, in: run.organization, timeout: timeout) ?? run
            // They may have been removed meanwhile.
            _ = try Authenticator.principal(
                user, try await services.access.standing(of: user, in: run.organization), orMissing: "JobRun")
        }
        var suggestion: Suggestion?
        if let id = run.suggestion {
            suggestion = try await services.suggestions.suggestion(id, of: run.ticket, in: run.organization)
        }
        return .json(status) { run.write(to: &$0, created: created, suggestion: suggestion) }
    }

    /// The header's value, bare or as the quoted string that the header's draft has.
    static func idempotencyKey(_ headers: HTTPFields) throws -> String {
        var key = (headers[.idempotencyKey] ?? "").trimmingWhitespace()
        if key.utf8.count >= 2, key.first == "\"", key.last == "\"" { key = String(key.dropFirst().dropLast()) }
        if key.isEmpty {
            throw APIError(.badRequest, .exact(["Idempotency-Key": "This header is required."]))
        }
        // What stands for bytes that are no text: keys that differ in such bytes would be one.
        guard !key.unicodeScalars.contains("\u{FFFD}") else {
            let message: JSONValue = "Bytes that are no UTF-8, and U+FFFD, are not allowed."
            throw APIError(.badRequest, .exact(["Idempotency-Key": message]))
        }
        guard key.unicodeScalars.count <= RequestLimits.idempotencyKeyCharactersMax else {
            let message = BodyFields.Message.tooLong(RequestLimits.idempotencyKeyCharactersMax)
            throw APIError(.badRequest, .exact(["Idempotency-Key": .string(message)]))
        }
        return key
    }

    /// `?wait=N` in seconds; more than the limit waits that long.
    private static func wait(_ query: QueryParameters) throws -> Duration? {
        var filters = FilterFields(query)
        let seconds = filters.integer("wait", in: 0...Int.max)
        try filters.check()
        return seconds.map { .seconds(min(Int64($0), Limits.waitSecondsMax)) }
    }

    /// Of what was asked, however it was written: the same members in another order are the same request.
    static func requestHash<Entity>(_ action: String, _ id: Identifier<Entity>, _ body: JSONValue) -> [UInt8] {
        var json = JSONWriter()
        json.array { json in
            json.value(action)
            json.value(id)
            json.value(body)
        }
        return Array(SHA256.hash(data: Array(json.buffer.readableBytesView)))
    }
}
