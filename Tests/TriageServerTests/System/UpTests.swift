import Foundation
import TestSupport
import Testing
import Triage

@Suite("Starting, stopping, and what can be wrong", .serialized)
struct UpTests {
    @Test func secondStartKeepsTheData() async throws {
        let directory = try TestDirectory.make("restart")
        let first = try await InstalledSystem.start(dataDirectory: directory)
        let token = try await first.signIn("admin")
        let me = try await first.call("GET", "/api/me/", as: token)
        let organization = try #require(me["organizations"]?.arrayValue?.first?["id"]?.intValue)
        let path = "/api/organizations/\(organization)/tickets/"
        let count = try await first.call("GET", path, as: token)["count"]?.intValue
        #expect(count == 300)
        #expect(try await first.call("GET", path + "?status=open", as: token)["count"] == 60)
        let created = try await first.call(
            "POST", "/api/tickets/",
            [
                "organization_id": .int(organization), "requester_email": "a@b.example", "subject": "Kept",
                "body": "This must be here after a restart.",
            ], as: token)
        #expect(created.status == 201)
        #expect(first.output.contains("seeding the demo organisation"))
        #expect(await first.end(SIGTERM) == 0)

        let second = try await InstalledSystem.start(dataDirectory: directory)
        #expect(!second.output.contains("seeding the demo organisation"))
        // The session's key was kept with the data, so the same token is good.
        #expect(try await second.call("GET", path, as: token)["count"] == 301)
        #expect(await second.end(SIGINT) == 0)
    }

    @Test func portInUseIsSaidBeforeAnythingStarts() async throws {
        let system = try await SharedSystem.shared.system()
        let directory = try TestDirectory.make("port")
        let second = try InstalledSystem(dataDirectory: directory, port: system.port)
        #expect(await second.waitForEnd() != 0)
        #expect(second.output.contains("\(system.port) is in use"))
        #expect(second.output.contains("NEXIFY_PORT="))
        #expect(!FileManager.default.fileExists(atPath: directory + "/postgres"))
    }

    @Test func missingModelIsNamedWithItsRemedy() async throws {
        let directory = try TestDirectory.make("model")
        let system = try InstalledSystem(
            dataDirectory: directory, port: InstalledSystem.freePort(),
            settings: ["NEXIFY_MODEL_DIR": directory + "/nowhere"])
        #expect(await system.waitForEnd() != 0)
        #expect(system.output.contains(directory + "/nowhere"))
        #expect(system.output.contains("scripts/setup.sh"))
    }

    @Test(arguments: [
        ("NEXIFY_PORT", "eighty"), ("NEXIFY_WORKERS", "0"), ("NEXIFY_LLM", "skynet"), ("NEXIFY_SECRET_KEY", "short"),
        ("NEXIFY_CROSS_CHECK_SHARE", "2"), ("NEXIFY_LOG_LEVEL", "loud"), ("NEXIFY_SECRET_KEY_FILE", "/nowhere"),
    ])
    func wrongSettingIsNamed(variable: String, value: String) async throws {
        let directory = try TestDirectory.make("setting")
        let system = try InstalledSystem(
            dataDirectory: directory, port: InstalledSystem.freePort(), settings: [variable: value])
        #expect(await system.waitForEnd() != 0)
        #expect(system.output.contains(variable))
    }

    /// A damaged file is never served: pgvector answers on the same rows, and the operator is told which file and why.
    @Test(arguments: ["truncated", "foreign"])
    func damagedIndexFallsBack(damage: String) async throws {
        let directory = try TestDirectory.make("damage")
        let settings = ["NEXIFY_INDEX_REPAIR_SECONDS": "86400"]
        let first = try await InstalledSystem.start(dataDirectory: directory, settings: settings)
        await first.end()
        let file = directory + "/indexes/organization-1/kb.nxi"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(bytes.count > 4_096)
        let damaged = damage == "truncated" ? bytes.prefix(bytes.count / 2) : Data("GIF89a".utf8) + bytes.dropFirst(6)
        try Data(damaged).write(to: URL(fileURLWithPath: file))

        let second = try await InstalledSystem.start(dataDirectory: directory, settings: settings)
        let ready = try await second.call("GET", "/readyz")
        #expect(ready.status == 200)
        #expect(ready["status"] == "degraded")
        #expect(ready.text.contains("cannot be used"))
        let token = try await second.signIn("viewer")
        let found = try await second.call(
            "POST", "/api/organizations/1/kb/retrieve/", ["query": "When is my payout sent?", "k": 3], as: token)
        #expect(found["backend"] == "pgvector")
        #expect(found["results"]?.arrayValue?.count == 3)
        let metrics = try await second.call("GET", "/metrics")
        #expect(metrics.text.contains("nexify_retrieval_fallbacks_total"))
        await second.end()

        // With no delay the file is rebuilt by itself.
        let third = try await InstalledSystem.start(
            dataDirectory: directory, settings: ["NEXIFY_INDEX_REPAIR_SECONDS": "0"])
        var state: JSONValue?
        let deadline = ContinuousClock().now + .seconds(20)
        repeat {
            state = try await third.call("GET", "/readyz")["status"]
        } while state != "ready"
            && ContinuousClock().now < deadline
        #expect(state == "ready")
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == bytes)
        await third.end()
    }

    @Test func theNewestTenAreTriagedAtOnce() async throws {
        let system = try await SharedSystem.shared.system()
        let token = try await system.signIn("viewer")
        var pending: JSONValue?
        let deadline = ContinuousClock().now + .seconds(30)
        repeat {
            let list = try await system.call(
                "GET", "/api/organizations/1/tickets/?has_pending_suggestion=true&created_to=2026-11-22T00:00:00Z",
                as: token)
            pending = list["count"]
        } while pending != 10 && ContinuousClock().now < deadline
        #expect(pending == 10)
    }
}
