import Foundation
import Postgres
import TestSupport
import Testing
import Triage
import TriageServer

@Suite("Making a superuser")
struct CreateSuperuserTests {
    private static let password = "a battery staple"

    private func environment(_ database: String, _ more: [String: String] = [:]) -> [String: String] {
        [
            "DATABASE_URL": database, "NEXIFY_SUPERUSER_USERNAME": "root.user",
            "NEXIFY_SUPERUSER_EMAIL": "root@example.com",
            "NEXIFY_SUPERUSER_PASSWORD": Self.password, "NEXIFY_SUPERUSER_ORGANIZATION": "Acme",
        ].merging(more) { $1 }
    }

    /// Who somebody is after really signing in.
    private func me(_ database: String, _ users: [(name: String, password: String)]) async throws -> [JSONValue] {
        let system = try await InstalledSystem.start(
            "serve", dataDirectory: try TestDirectory.make("superuser"),
            settings: ["DATABASE_URL": database, "NEXIFY_SECRET_KEY": ContractSystem.secret])
        var answers: [JSONValue] = []
        for user in users {
            let pair = try await system.call(
                "POST", "/api/auth/token/", ["username": .string(user.name), "password": .string(user.password)])
            answers.append(try await system.call("GET", "/api/me/", as: try #require(pair["access"]?.stringValue)).json)
        }
        await system.end()
        return answers
    }

    @Test func byTheEnvironment() async throws {
        try await MigratedDatabase.with { pool, database in
            let made = try await ProgramRun(["createsuperuser", "--noinput"], environment(database))
            #expect(made.status == 0, "\(made.output)")
            #expect(made.output == "Superuser “root.user” created: admin of the new organisation “Acme”.\n")

            let again = try await ProgramRun(
                ["createsuperuser", "--noinput"], environment(database, ["NEXIFY_SUPERUSER_ORGANIZATION": "Other"]))
            #expect(again.status != 0)
            #expect(again.output.contains("root.user"))
            #expect(again.output.contains("already taken"))
            #expect(try await MigratedDatabase.count(pool, "SELECT count(*) FROM organizations") == 1)

            // Options win over the environment; the password of a file's first line; an organisation that is there.
            let file = try TestDirectory.make("password") + "/password"
            try Data("correct horse battery\nsecond line\n".utf8).write(to: URL(fileURLWithPath: file))
            var second = environment(database, ["NEXIFY_SUPERUSER_PASSWORD_FILE": file])
            second["NEXIFY_SUPERUSER_PASSWORD"] = nil
            let joined = try await ProgramRun(
                ["createsuperuser", "--no-input", "--username", "second", "--email", ""], second)
            #expect(joined.output == "Superuser “second” created: admin of the organisation “Acme”.\n")

            let people = try await me(
                database, [("root.user", Self.password), ("second", "correct horse battery")])
            #expect(people.map { $0["username"] } == ["root.user", "second"])
            #expect(people.map { $0["email"] } == ["root@example.com", ""])
            for person in people {
                #expect(person["organizations"]?.arrayValue?.map { $0["name"] } == ["Acme"])
                #expect(person["organizations"]?.arrayValue?.map { $0["role"] } == ["admin"])
            }
            #expect(people[0]["organizations"] == people[1]["organizations"])
        }
    }

    @Test func whatIsWrongIsNamed() async throws {
        try await MigratedDatabase.with { pool, database in
            let wrong: [([String: String], [String], [String])] = [
                (["NEXIFY_SUPERUSER_USERNAME": ""], [], ["NEXIFY_SUPERUSER_USERNAME is missing", "--username"]),
                (["NEXIFY_SUPERUSER_ORGANIZATION": ""], [], ["NEXIFY_SUPERUSER_ORGANIZATION is missing"]),
                (["NEXIFY_SUPERUSER_PASSWORD": ""], [], ["NEXIFY_SUPERUSER_PASSWORD is missing", "PASSWORD_FILE"]),
                (["NEXIFY_SUPERUSER_PASSWORD_FILE": "/nowhere"], [], ["NEXIFY_SUPERUSER_PASSWORD_FILE", "/nowhere"]),
                (["NEXIFY_SUPERUSER_USERNAME": "a b"], [], ["NEXIFY_SUPERUSER_USERNAME: Enter a valid username"]),
                ([:], ["--username", "a/b"], ["--username: Enter a valid username"]),
                (["NEXIFY_SUPERUSER_EMAIL": "nobody"], [], ["NEXIFY_SUPERUSER_EMAIL: Enter a valid email address"]),
                (["NEXIFY_SUPERUSER_PASSWORD": "short"], [], ["NEXIFY_SUPERUSER_PASSWORD: This password is too short"]),
                (
                    ["NEXIFY_SUPERUSER_PASSWORD": "1234567"], [],
                    ["too short", "entirely numeric"]
                ),
                (["NEXIFY_SUPERUSER_PASSWORD": "Root.User"], [], ["similar to the username"]),
                ([:], ["--organization", String(repeating: "x", count: 201)], ["--organization: Ensure", "200"]),
            ]
            for (settings, options, messages) in wrong {
                let run = try await ProgramRun(
                    ["createsuperuser", "--noinput"] + options, environment(database, settings))
                #expect(run.status != 0)
                for message in messages { #expect(run.output.contains(message), "\(run.output)") }
            }
            #expect(try await MigratedDatabase.count(pool, "SELECT count(*) FROM users") == 0)
            #expect(try await MigratedDatabase.count(pool, "SELECT count(*) FROM organizations") == 0)
        }
    }

    @Test func withoutADatabaseASchemaOrATerminal() async throws {
        var environment = environment("")
        let none = try await ProgramRun(["createsuperuser", "--noinput"], environment)
        #expect(none.status != 0)
        #expect(none.output.contains("DATABASE_URL is missing"))
        environment["DATABASE_URL"] = try await TestDatabase.make()
        let unmigrated = try await ProgramRun(["createsuperuser", "--noinput"], environment)
        #expect(unmigrated.status != 0)
        #expect(unmigrated.output.contains("run: triage-server migrate"))
        try await MigratedDatabase.with { _, database in
            let piped = try await ProgramRun(["createsuperuser"], self.environment(database))
            #expect(piped.status != 0)
            #expect(piped.output.contains("no terminal"))
            #expect(piped.output.contains("--noinput"))
        }
    }

    @Test func askedAtATerminal() async throws {
        try await MigratedDatabase.with { pool, database in
            try await pool.execute("INSERT INTO users (username, password_hash) VALUES ('taken', '!')")
            let session = try TerminalSession(["createsuperuser"], ["DATABASE_URL": database])
            for (question, answer) in [
                ("Username: ", "two words"), ("Error: Enter a valid username", nil), ("Username: ", "taken"),
                ("Error: That username is already taken", nil), ("Username: ", "jane"), ("Email address: ", "nobody"),
                ("Error: Enter a valid email", nil), ("Email address: ", "jane@example.com"),
                ("Password: ", "password123"), ("Error: This password is too common", nil),
                ("Password: ", Self.password), ("Password (again): ", "something else"),
                ("Error: Your passwords didn't match.", nil), ("Password: ", Self.password),
                ("Password (again): ", Self.password), ("Organization: ", ""),
                ("Error: This field may not be blank", nil),
                ("Organization: ", "Jane & Co."),
            ] as [(String, String?)] {
                try await session.expect(question)
                if question.hasPrefix("Password") {
                    #expect(!session.isShowing)
                } else if answer != nil {
                    #expect(session.isShowing)
                }
                if let answer { try session.type(answer) }
            }
            try await session.expect("Superuser “jane” created: admin of the new organisation “Jane & Co.”.")
            #expect(try await session.end() == 0)
            #expect(session.screen.contains("jane@example.com"))
            for secret in [Self.password, "password123", "something else"] {
                #expect(!session.screen.contains(secret))
            }
            let people = try await me(database, [("jane", Self.password)])
            #expect(people[0]["organizations"]?.arrayValue?.map { $0["name"] } == ["Jane & Co."])
        }
    }

    @Test func interruptedAtThePasswordTheTerminalIsAsBefore() async throws {
        try await MigratedDatabase.with { pool, database in
            let session = try TerminalSession(["createsuperuser", "--username", "jane"], ["DATABASE_URL": database])
            try await session.expect("Email address: ")
            try session.type("")
            try await session.expect("Password: ")
            #expect(!session.isShowing)
            kill(session.process.processIdentifier, SIGINT)
            #expect(try await session.end() == 130)
            #expect(session.isShowing)

            let other = try TerminalSession(["createsuperuser"], ["DATABASE_URL": database])
            try await other.expect("Username: ")
            try other.typeEndOfInput()
            try await other.expect("The input ended")
            #expect(try await other.end() != 0)
            #expect(try await MigratedDatabase.count(pool, "SELECT count(*) FROM users") == 0)
        }
    }
}
