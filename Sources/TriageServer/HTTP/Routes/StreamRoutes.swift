import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Triage

/// `/stream/`: what happens in an organisation, as it happens.
struct StreamRoutes: Sendable {
    let services: HTTPServices

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/api/organizations/{organization}/stream", access: .member(.viewer), Self.operation,
                handler: stream)
        ]
    }

    private static let operation = Operation(
        "streamEvents", .tickets, "Changes of tickets, suggestions and job runs as Server-Sent Events",
        details: """
            Each event is `ticket`, `suggestion` or `job`, and its data `{"id", "type", "ticket", "created_at"}`: the id \
            of the row that changed, how (`created`, `updated`, `deleted`, `accepted`, `rejected`, or a job run's \
            status), and the ticket it is about. `Last-Event-ID` resumes after that event, at any server; an event \
            `reset` says that it is too old (a day) for that, and that everything must be loaded anew. Comments are sent \
            while nothing happens. The stream ends when the access token expires: come again with a new one.
            """,
        parameters: [
            .header("Last-Event-ID", .text(), "The `id` of the last event that was received", refusal: nil)
        ],
        answers: [
            .init(.ok, "Events, without end", .text(), contentType: ServerSentEvents.contentType)
        ])

    @Sendable private func stream(_ request: APIRequest) async throws -> Response {
        let organization = try request.organization()
        let claims = try await services.authenticator.claims(of: request)
        let principal = try await services.authenticator.member(.viewer, of: organization, by: request)
        let joined = try await services.stream.join(
            .init(
                membership: .init(user: principal.user, organization: organization),
                until: Date(timeIntervalSince1970: Double(claims.expiresAt))))
        let beginning = try await beginning(request.headers[.lastEventID], organization)
        let store = services.streamStore
        let cursor = services.stream.cursor
        return Response(
            status: .ok,
            headers: [
                .contentType: ServerSentEvents.contentType, .cacheControl: "no-store",
                // nginx would hold events back otherwise.
                .xAccelBuffering: "no",
            ],
            body: ResponseBody { writer in
                var seen = joined.position
                let now = cursor.text(of: joined.position, in: organization)
                switch beginning {
                case .now: try await writer.write(ServerSentEvents.opening(at: now))
                case .unknown: try await writer.write(ServerSentEvents.reset(at: now))
                case .after(let last):
                    seen = last
                    try await writer.write(ServerSentEvents.opening(at: cursor.text(of: last, in: organization)))
                }
                // What this process had handed out before the client came.
                while seen < joined.position {
                    let missed = try await store.events(in: organization, after: seen, through: joined.position)
                    guard let last = missed.last else { break }
                    for event in missed {
                        let id = cursor.text(of: event.position, in: organization)
                        try await writer.write(ServerSentEvents.text(of: event, id: id))
                    }
                    seen = last.position
                }
                for await message in joined.messages {
                    switch message {
                    // Another server may have told the client of it already.
                    case .event(let text, let position): if position > seen { try await writer.write(text) }
                    case .heartbeat: try await writer.write(ServerSentEvents.heartbeat)
                    }
                }
                try await writer.finish(nil)
            })
    }

    private enum Beginning: Sendable {
        case now
        case after(Int64)
        /// What the client had last is none of ours, was forgotten, or is of a database that has been restored since.
        case unknown
    }

    private func beginning(_ lastEventID: String?, _ organization: OrganizationID) async throws -> Beginning {
        guard let lastEventID, !lastEventID.isEmpty else { return .now }
        guard let last = services.stream.cursor.position(of: lastEventID, in: organization) else { return .unknown }
        // Another server may be ahead of this one.
        return try await services.streamStore.extent().canResume(after: last) ? .after(last) : .unknown
    }
}

extension HTTPField.Name {
    static let lastEventID = Self("Last-Event-ID")!
    static let xAccelBuffering = Self("X-Accel-Buffering")!
}
