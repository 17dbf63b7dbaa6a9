import Foundation
import Postgres
import Testing
import Triage

/// An organisation of one test's own, so that others neither see nor disturb what it administers.
struct OwnOrganization: Sendable {
    let system: ContractSystem
    let id: Int64
    /// Its admin's token.
    let admin: String

    var path: String { "/api/organizations/\(id)" }

    /// - Parameter teams: their names.
    static func make(teams: [String] = []) async throws -> OwnOrganization {
        let system = try await ContractSystem.started()
        let name = "Own \(UUID().uuidString)"
        let row = try await system.pool.query("INSERT INTO organizations (name) VALUES (\(name)) RETURNING id")
        let id: Int64 = try #require(row.first).decode("id")
        try await system.pool.execute(
            """
            INSERT INTO memberships (organization_id, user_id, role)
            SELECT \(id), id, 'admin' FROM users WHERE username = 'outsider'
            """)
        for team in teams {
            try await system.pool.execute("INSERT INTO teams (organization_id, name) VALUES (\(id), \(team))")
        }
        return OwnOrganization(system: system, id: id, admin: system.outsider)
    }

    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:],
        as token: String? = nil
    ) async throws -> ContractSystem.Answer {
        try await system.call(method, self.path + path, body, headers: headers, as: token ?? admin)
    }

    /// A new member, made over HTTP and signed in.
    func member(_ role: String) async throws -> (id: Int64, token: String) {
        let name = "member-\(UUID().uuidString)"
        let made = try await call(
            "POST", "/members/",
            ["username": .string(name), "password": "long enough", "role": .string(role)])
        #expect(made.status == 201, "\(made.text)")
        let signedIn = try await system.call(
            "POST", "/api/auth/token/", ["username": .string(name), "password": "long enough"])
        return (try #require(made["user_id"]?.intValue), try #require(signedIn["access"]?.stringValue))
    }

    func ticket(_ subject: String = "Subject", team: String? = nil, status: String = "open") async throws -> Int64 {
        let row = try await system.pool.query(
            """
            INSERT INTO tickets (organization_id, requester_email, subject, body, status, assigned_team)
            VALUES (\(id), 'a@b.example', \(subject), 'Body', \(status), \(team)) RETURNING id
            """)
        return try #require(row.first).decode("id")
    }

    /// A suggestion of team and priority high, pending.
    func suggestion(on ticket: Int64, team: String?, confidence: Double? = nil) async throws -> Int64 {
        let row = try await system.pool.query(
            """
            WITH run AS (
                INSERT INTO job_runs (organization_id, ticket_id, idempotency_key, request_hash, status)
                VALUES (\(id), \(ticket), \(UUID().uuidString), '\\x00'::bytea, 'succeeded') RETURNING id
            )
            INSERT INTO suggestions (organization_id, ticket_id, job_run_id, suggested_priority, suggested_team,
                                     draft_reply, confidence, ticket_priority, ticket_team, ticket_status,
                                     ticket_subject, ticket_body_md5)
            SELECT \(id), t.id, run.id, 'high', \(team), 'Dear client', \(confidence), t.priority, t.assigned_team,
                   t.status, t.subject, md5(t.body)
            FROM tickets t, run WHERE t.id = \(ticket) RETURNING id
            """)
        return try #require(row.first).decode("id")
    }

    /// What the audit trail has, oldest first.
    func audit() async throws -> [String] {
        try await system.pool.query(
            "SELECT event_type FROM organization_events WHERE organization_id = \(id) ORDER BY id"
        ).map { try $0.decode("event_type") }
    }
}

/// Answers of the same call made at once, in no order.
func atOnce(
    _ count: Int, _ call: @escaping @Sendable (Int) async throws -> ContractSystem.Answer
) async throws -> [ContractSystem.Answer] {
    try await withThrowingTaskGroup(of: ContractSystem.Answer.self) { group in
        for index in 0..<count { group.addTask { try await call(index) } }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}
