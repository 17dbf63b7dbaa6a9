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
        let (extent, messages) = try await services.stream.join(organization)
        let access = services.access
        let store = services.streamStore
        let seen = Self.resumption(request.headers[.lastEventID], extent)
        let expiresAt = Date(timeIntervalSince1970: Double(claims.expiresAt))
        return Response(
            status: .ok,
            headers: [
                .contentType: ServerSentEvents.contentType, .cacheControl: "no-store",
                // nginx would hold events back otherwise.
                .xAccelBuffering: "no",
            ],
            body: ResponseBody { writer in
                switch seen {
                case .now: try await writer.write(ServerSentEvents.opening(at: extent.head))
                case .unknown: try await writer.write(ServerSentEvents.reset(at: extent.head))
                case .after(var position):
                    try await writer.write(ServerSentEvents.opening(at: position))
                    while position < extent.head {
                        let missed = try await store.events(in: organization, after: position, through: extent.head)
                        guard let last = missed.last else { break }
                        try await writer.write(ServerSentEvents.text(of: missed))
                        position = last.position
                    }
                }
                for await message in messages {
                    switch message {
                    case .events(let text, _): try await writer.write(text)
                    case .heartbeat:
                        // A token's end and a membership's end the stream.
                        guard Date() < expiresAt,
                            try await access.standing(of: principal.user, in: organization)?.mayRead == true
                        else { return try await writer.finish(nil) }
                        try await writer.write(ServerSentEvents.heartbeat)
                    }
                }
                try await writer.finish(nil)
            })
    }

    private enum Resumption: Sendable {
        case now
        case after(Int64)
        case unknown
    }

    private static func resumption(_ lastEventID: String?, _ extent: StreamStore.Extent) -> Resumption {
        guard let lastEventID, !lastEventID.isEmpty else { return .now }
        // Beyond the head: from a database that has been restored since.
        guard let position = Int64(lastEventID), (extent.forgotten...extent.head).contains(position) else {
            return .unknown
        }
        return .after(position)
    }
}

extension HTTPField.Name {
    static let lastEventID = Self("Last-Event-ID")!
    static let xAccelBuffering = Self("X-Accel-Buffering")!
}

extension AccessStore.Standing {
    fileprivate var mayRead: Bool { isActive && role != nil }
}
