import FoundationEssentials
import HTTPTypes
import Hummingbird
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
        let listener = StreamHub.Listener(
            membership: .init(user: principal.user, organization: organization),
            until: Date(timeIntervalSince1970: Double(claims.expiresAt)))
        let joined = try await services.stream.join(listener)
        let stream = EventStream(
            store: services.streamStore, hub: services.stream, listener: listener, joined: joined,
            beginning: try await beginning(request.headers[.lastEventID], organization, joined.position))
        return Response(
            status: .ok,
            headers: [
                .contentType: ServerSentEvents.contentType, .cacheControl: "no-store",
                // nginx would hold events back otherwise.
                .xAccelBuffering: "no",
            ],
            body: ResponseBody { writer in
                try await stream.tell { try await writer.write($0) }
                try await writer.finish(nil)
            })
    }

    /// - Parameter joined: from where on the hub tells.
    private func beginning(
        _ lastEventID: String?, _ organization: OrganizationID, _ joined: Int64
    ) async throws -> EventStream.Beginning {
        let store = services.streamStore
        guard let lastEventID, !lastEventID.isEmpty else {
            return .now(try await store.resumption(in: organization, through: joined))
        }
        // Another server may be ahead of this one.
        guard let last = services.stream.cursor.position(of: lastEventID, in: organization),
            try await store.extent().canResume(after: last)
        else { return .anew(try await store.resumption(in: organization, through: joined)) }
        return .after(last)
    }
}

extension HTTPField.Name {
    static let lastEventID = Self("Last-Event-ID")!
    static let xAccelBuffering = Self("X-Accel-Buffering")!
}
