import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The calls of the API that the benchmark makes, one at a time over kept connections, signed in as one user.
struct TriageAPI: Sendable {
    private enum Limits {
        static let answerBytesMax = 4 << 20
        static let deadline = TimeAmount.seconds(60)
    }

    let client: HTTPClient
    let baseURL: String
    private let access: String
    let organization: Int

    /// Signs in; the user's first organisation is the one measured.
    init(client: HTTPClient, baseURL: String, username: String, password: String) async throws {
        self.client = client
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        let token: Answers.Token = try await Self.call(
            client, .POST, "\(self.baseURL)/api/auth/token/", access: nil,
            json: ["username": username, "password": password])
        access = token.access
        let me: Answers.Me = try await Self.call(client, .GET, "\(self.baseURL)/api/me/", access: access)
        guard let first = me.organizations.first else {
            throw CallFailure(
                call: "GET /api/me/", problem: "\(username) belongs to no organisation; name another user")
        }
        organization = first.id
    }

    func createTicket(_ text: TicketText) async throws -> Int {
        let ticket: Answers.Ticket = try await call(
            .POST, "/api/tickets/",
            json: [
                "organization_id": organization, "requester_email": "benchmark@example.com", "subject": text.subject,
                "body": text.body,
            ])
        return ticket.id
    }

    func trigger(_ ticket: Int, key: String, wait: Int?) async throws -> Answers.JobRun {
        try await call(
            .POST, "/api/tickets/\(ticket)/trigger-triage/\(wait.map { "?wait=\($0)" } ?? "")",
            json: [String: String](),
            headers: [("Idempotency-Key", key)])
    }

    func jobRun(_ id: Int) async throws -> Answers.JobRun { try await call(.GET, "/api/job-runs/\(id)/") }

    func suggestion(_ id: Int, of ticket: Int) async throws -> Answers.Suggestion {
        try await call(.GET, "/api/organizations/\(organization)/tickets/\(ticket)/suggestions/\(id)/")
    }

    /// The nearest passages by vector alone, from the index or from pgvector's exact search.
    func passages(of ticket: Int, k: Int, backend: String) async throws -> Answers.Retrieved {
        try await call(
            .POST, "/api/organizations/\(organization)/kb/retrieve/",
            json: ["ticket_id": ticket, "k": k, "mode": "vector", "backend": backend] as [String: any Sendable])
    }

    func delete(_ ticket: Int) async throws {
        _ = try await Self.send(
            client, .DELETE, "\(baseURL)/api/tickets/\(ticket)/", access: access, json: nil, headers: [])
    }

    private func call<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, json: [String: any Sendable]? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        try await Self.call(client, method, baseURL + path, access: access, json: json, headers: headers)
    }

    private static func call<Answer: Decodable>(
        _ client: HTTPClient, _ method: HTTPMethod, _ url: String, access: String?, json: [String: any Sendable]? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let bytes = try await send(client, method, url, access: access, json: json, headers: headers)
        return try JSONDecoder().decode(Answer.self, from: bytes)
    }

    private static func send(
        _ client: HTTPClient, _ method: HTTPMethod, _ url: String, access: String?, json: [String: any Sendable]?,
        headers: [(String, String)]
    ) async throws -> ByteBuffer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let access { request.headers.add(name: "Authorization", value: "Bearer \(access)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: try JSONSerialization.data(withJSONObject: json)))
        }
        let response = try await client.execute(request, timeout: Limits.deadline)
        let body = try await response.body.collect(upTo: Limits.answerBytesMax)
        guard (200..<300).contains(Int(response.status.code)) else {
            throw CallFailure(
                call: "\(method.rawValue) \(url)",
                problem: "answered \(response.status.code): \(String(buffer: body).prefix(300))")
        }
        return body
    }
}

/// A call that did not do what the benchmark needs, or a suggestion that was not made the way it measures.
struct CallFailure: Error, CustomStringConvertible {
    var call: String
    var problem: String

    var description: String { "\(call) \(problem)" }
}
