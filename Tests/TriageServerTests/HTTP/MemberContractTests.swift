import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: members, API keys and who may administer")
struct MemberContractTests {
    @Test func membersComeAndGo() async throws {
        let own = try await OwnOrganization.make()
        let name = "new-\(UUID().uuidString)"
        let made = try await own.call(
            "POST", "/members/",
            [
                "username": .string(name), "password": "long enough", "role": "agent", "email": "n@b.example",
                "first_name": "N",
            ])
        #expect(made.status == 201)
        let id = try #require(made["user_id"]?.intValue)
        #expect(
            Set(made.json.objectValue?.keys ?? [:].keys) == [
                "user_id", "username", "email", "first_name", "last_name", "role", "created_at",
            ])
        #expect(made["role"] == "agent")
        let signedIn = try await own.system.call(
            "POST", "/api/auth/token/", ["username": .string(name), "password": "long enough"])
        let token = try #require(signedIn["access"]?.stringValue)
        #expect(try await own.call("GET", "/tickets/", as: token).status == 200)
        #expect(try await own.call("GET", "/members/", as: token).status == 403)
        #expect(try await own.call("PATCH", "/members/\(id)/", ["role": "admin"])["role"] == "admin")
        #expect(try await own.call("GET", "/members/", as: token)["count"] == 2)
        #expect(try await own.call("DELETE", "/members/\(id)/").status == 204)
        // At once, whatever token they hold.
        #expect(try await own.call("GET", "/tickets/", as: token).status == 404)
        #expect(try await own.call("GET", "/members/\(id)/").status == 404)
        let back = try await own.call("POST", "/members/", ["user_id": .int(id), "role": "viewer"])
        #expect(back.status == 201)
        #expect(back["username"] == .string(name))
        let again = try await own.call("POST", "/members/", ["user_id": .int(id), "role": "viewer"])
        #expect(again.json == ["user_id": ["This user is already a member."]])
        #expect(
            try await own.audit() == [
                "MEMBER_ADDED", "MEMBER_ROLE_CHANGED", "MEMBER_REMOVED", "MEMBER_ADDED",
            ])
    }

    /// Nobody learns whose a user is: another organisation's answers as one that does not exist, or as any taken name.
    @Test func membersOfOthersCannotBeTold() async throws {
        let own = try await OwnOrganization.make()
        let system = own.system
        let me = try await system.call("GET", "/api/me/", as: system.agent)
        let foreign = try #require(me["id"]?.intValue)
        for id in [foreign, 999_999_999] {
            let added = try await own.call("POST", "/members/", ["user_id": .int(id), "role": "viewer"])
            #expect(added.status == 400)
            #expect(added.json == ["user_id": [.string("Invalid pk \"\(id)\" - object does not exist.")]])
            for method in ["GET", "DELETE"] {
                let answer = try await own.call(method, "/members/\(id)/")
                #expect(answer.status == 404)
                #expect(answer.json == ["detail": "No Member matches the given query."])
            }
            let changed = try await own.call("PATCH", "/members/\(id)/", ["role": "viewer"])
            #expect(changed.json == ["detail": "No Member matches the given query."])
        }
        for name in ["contract-agent", "outsider"] {
            let taken = try await own.call(
                "POST", "/members/", ["username": .string(name), "password": "long enough", "role": "viewer"])
            #expect(taken.status == 400)
            #expect(taken.json == ["username": ["This username is already taken."]])
        }
    }

    /// Rights are asked under the lock that a removal takes: whoever has waited for that comes too late.
    @Test(
        arguments: [("DELETE FROM memberships", 404), ("UPDATE memberships SET role = 'agent'", 403)] as [(SQL, Int)]
    )
    func whoIsRemovedWhileTheyWaitChangesNothing(_ removal: SQL, _ status: Int) async throws {
        var told = 503
        // On a busy machine the server's patience with the lock may end first.
        for _ in 0..<5 where told == 503 { told = try await self.told(of: removal) }
        #expect(told == status)
    }

    private func told(of removal: SQL) async throws -> Int {
        let own = try await OwnOrganization.make()
        let admin = try await own.member("admin")
        let before = try await own.audit()
        let waiting = try await own.system.pool.withTransaction { connection in
            _ = try await connection.query("SELECT id FROM organizations WHERE id = \(own.id) FOR NO KEY UPDATE")
            let waiting = Task { try await own.call("POST", "/teams/", ["name": "Late"], as: admin.token) }
            try await until("it waits for the lock") {
                try await !connection.waiting().isEmpty
            }
            try await connection.execute(
                "\(removal) WHERE organization_id = \(own.id) AND user_id = \(admin.id)")
            return waiting
        }
        let answer = try await waiting.value
        #expect(try await own.call("GET", "/teams/")["count"] == 0)
        #expect(try await own.audit() == before)
        return answer.status
    }

    @Test func thereIsAlwaysAnAdmin() async throws {
        let own = try await OwnOrganization.make()
        let me = try #require(try await own.system.call("GET", "/api/me/", as: own.admin)["id"]?.intValue)
        let last: JSONValue = ["detail": "An organization needs an admin. Give another member that role first."]
        let demoted = try await own.call("PATCH", "/members/\(me)/", ["role": "viewer"])
        #expect(demoted.status == 409)
        #expect(demoted.json == last)
        #expect(try await own.call("DELETE", "/members/\(me)/").json == last)
        // Two admins who remove each other at once: one of them stays.
        let other = try await own.member("admin")
        let answers = try await atOnce(2) { index in
            index == 0
                ? try await own.call("DELETE", "/members/\(other.id)/")
                : try await own.call("DELETE", "/members/\(me)/", as: other.token)
        }
        // The slower one is told so, or is no member any more.
        #expect(answers.count { $0.status == 204 } == 1)
        #expect(answers.count { [403, 404, 409].contains($0.status) } == 1)
        #expect(
            try await own.system.count(
                "SELECT count(*) FROM memberships WHERE organization_id = \(own.id) AND role = 'admin'") == 1)
    }

    @Test(
        arguments: [
            (
                [:],
                [
                    "role": ["This field is required."], "username": ["This field is required."],
                    "password": ["This field is required."],
                ]
            ),
            (
                ["role": "owner", "username": "a b", "password": "short", "email": "x"],
                [
                    "role": ["\"owner\" is not a valid choice."],
                    "username": [
                        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
                    ],
                    "password": ["This password is too short. It must contain at least 8 characters."],
                    "email": ["Enter a valid email address."],
                ]
            ),
            (
                ["role": "viewer", "user_id": 5, "username": "x"],
                ["non_field_errors": ["Either user_id or username and password."]]
            ),
        ] as [(JSONValue, JSONValue)])
    func badMembers(_ body: JSONValue, _ errors: JSONValue) async throws {
        let own = try await OwnOrganization.make()
        let answer = try await own.call("POST", "/members/", body)
        #expect(answer.status == 400)
        #expect(answer.json == errors)
    }

    @Test func apiKeys() async throws {
        let own = try await OwnOrganization.make()
        let made = try await own.call("POST", "/api-keys/", ["name": "Forms"])
        #expect(made.status == 201)
        let key = try #require(made["key"]?.stringValue)
        let id = try #require(made["id"]?.intValue)
        #expect(key.wholeMatch(of: /nxf_[0-9a-f]{8}_[A-Za-z0-9_-]{43}/) != nil)
        #expect(made["prefix"] == .string(String(key.prefix(12))))
        let listed = try await own.call("GET", "/api-keys/")
        #expect(!listed.text.contains(key))
        let entry = try #require(listed["results"]?.arrayValue?.first)
        #expect(
            Set(entry.objectValue?.keys ?? [:].keys) == [
                "id", "name", "prefix", "scope", "created_at", "last_used_at", "revoked_at",
            ])
        let ticket: JSONValue = ["requester_email": "a@b.example", "subject": "s", "body": "b"]
        let sent = try await own.system.call("POST", "/api/tickets/", ticket, headers: ["X-API-Key": key])
        #expect(sent.status == 201)
        #expect(sent["organization"] == .int(own.id))
        #expect(try await own.call("GET", "/api-keys/\(id)/")["last_used_at"] != .null)
        #expect(try await own.call("DELETE", "/api-keys/\(id)/").status == 204)
        let refused = try await own.system.call("POST", "/api/tickets/", ticket, headers: ["X-API-Key": key])
        #expect(refused.status == 401)
        let revoked = try await own.call("GET", "/api-keys/\(id)/")
        #expect(revoked["revoked_at"] != .null)
        #expect(try await own.call("DELETE", "/api-keys/\(id)/").status == 204)
        #expect(try await own.call("GET", "/api-keys/\(id)/").json == revoked.json)
        #expect(try await own.audit() == ["API_KEY_CREATED", "API_KEY_REVOKED"])
        #expect(try await own.call("POST", "/api-keys/", ["name": ""]).status == 400)
        #expect(
            try await own.system.count(
                """
                SELECT count(*) FROM organization_events
                WHERE organization_id = \(own.id) AND strpos(payload::text, \(key)) > 0
                """) == 0)
    }

    /// Who reads, who writes, and that another organisation's rows are not there.
    @Test(arguments: [
        ("teams", true), ("rules", true), ("policy", true), ("members", false), ("api-keys", false),
    ])
    func roles(_ resource: String, _ viewersRead: Bool) async throws {
        let own = try await OwnOrganization.make()
        let system = own.system
        for role in ["viewer", "agent"] {
            let token = try await own.member(role).token
            #expect(try await own.call("GET", "/\(resource)/", as: token).status == (viewersRead ? 200 : 403))
            let method = resource == "policy" ? "PUT" : "POST"
            #expect(try await own.call(method, "/\(resource)/", [:], as: token).status == 403)
        }
        #expect(try await own.call("GET", "/\(resource)", as: own.admin).status == 200)
        let foreign = try await system.call("GET", own.path + "/\(resource)/", as: system.admin)
        let missing = try await system.call("GET", "/api/organizations/999999999/\(resource)/", as: system.admin)
        #expect(foreign.status == 404)
        #expect(foreign.text == missing.text)
        #expect(try await system.call("GET", own.path + "/\(resource)/").status == 401)
    }

    @Test func theAuditTrailIsFinal() async throws {
        let own = try await OwnOrganization.make()
        _ = try await own.call("POST", "/teams/", ["name": "A"])
        let row = try await own.system.pool.query(
            """
            SELECT u.username, e.payload ->> 'name' AS name
            FROM organization_events e JOIN users u ON u.id = e.actor_user_id
            WHERE e.organization_id = \(own.id)
            """)
        #expect(try #require(row.first).decode("username") == "outsider")
        #expect(try #require(row.first).decode("name") == "A")
        await #expect(throws: PostgresError.self) {
            try await own.system.pool.execute(
                "DELETE FROM organization_events WHERE organization_id = \(own.id)")
        }
    }
}
