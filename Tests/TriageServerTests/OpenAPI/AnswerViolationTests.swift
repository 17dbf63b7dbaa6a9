import Testing
import Triage

/// That the check which every other test's answers go through finds what it is there for.
@Suite("OpenAPI: answers that are not as the document says")
struct AnswerViolationTests {
    private func violations(
        _ method: String, _ path: String, _ status: Int, _ text: String, type: String? = "application/json",
        headers: [String: String] = [:]
    ) async throws -> [String] {
        let system = try await ContractSystem.started()
        let description = try await AnswerCheck.description(from: system.server.url)
        var all = ["x-request-id": "1"].merging(headers) { $1 }
        all["content-type"] = type
        return description.violations(of: .init(status: status, headers: all, text: text), to: method, path)
    }

    private let team = #"{"id":1,"name":"Billing","description":""}"#

    private func page(_ results: String) -> String {
        #"{"count":1,"next":null,"previous":null,"results":[\#(results)]}"#
    }

    @Test func whatFits() async throws {
        let path = "/api/organizations/1/teams"
        #expect(try await violations("GET", path + "/?page=1", 200, page(team)) == [])
        #expect(try await violations("GET", path, 404, #"{"detail":"Invalid page."}"#) == [])
        #expect(try await violations("HEAD", path, 200, "") == [])
        #expect(try await violations("GET", "/api/nothing/", 404, #"{"detail":"Not found."}"#) == [])
        #expect(try await violations("PUT", "/api/me/", 405, #"{"detail":"No."}"#, headers: ["allow": "GET"]) == [])
        #expect(try await violations("GET", "/js/main.js", 200, "x", type: "text/javascript") == [])
        #expect(try await violations("DELETE", "/api/tickets/7/", 204, "", type: nil) == [])
    }

    @Test func aMemberMoreOrLess() async throws {
        let path = "/api/organizations/1/teams/"
        let more = #"{"id":1,"name":"Billing","description":"","color":"red"}"#
        #expect(try await violations("GET", path, 200, page(more)) == ["$.results[0].color may not be there"])
        let less = #"{"id":1,"name":"Billing"}"#
        #expect(try await violations("GET", path, 200, page(less)) == ["$.results[0].description is missing"])
    }

    @Test func theTestThatGotSuchAnAnswerFails() async throws {
        let system = try await ContractSystem.started()
        await withKnownIssue {
            await AnswerCheck.hold(
                .init(status: 418, headers: ["x-request-id": "1"], text: ""), to: "GET", "/api/me/",
                from: system.server.url)
        }
    }

    @Test func whatIsNotDocumented() async throws {
        for (method, path, status, text) in [
            ("GET", "/api/organizations/1/teams/", 418, page(team)), ("GET", "/api/nothing/", 200, "{}"),
            ("PUT", "/api/me/", 200, "{}"), ("PUT", "/api/me/", 405, #"{"detail":"No."}"#),
            ("DELETE", "/api/tickets/7/", 204, "left over"), ("GET", "/api/organizations/1/teams/", 200, "{"),
            ("GET", "/api/me/", 401, #"{"detail":"No."}"#), ("GET", "/api/nothing/", 404, #"{"detail":7}"#),
        ] {
            #expect(try await violations(method, path, status, text).count == 1, "\(method) \(path) \(status)")
        }
        #expect(try await violations("GET", "/healthz", 200, "ok", type: "text/plain").count == 1)
        #expect(
            try await violations("GET", "/healthz", 200, #"{"status":"ok"}"#, headers: ["x-request-id": ""]).count == 1)
    }
}
