import Testing
import Triage
import TriageServer

/// Calls every operation of the document, so that what it says of access is what the handlers do. The bodies and statuses
/// of the answers are held against the document by `AnswerCheck`, here as everywhere.
@Suite("OpenAPI: every operation is called")
struct OperationWalkTests {
    @Test func withoutCredentials() async throws {
        let system = try await ContractSystem.started()
        let routes = try await AnswerCheck.description(from: system.server.url).routes
        for route in routes where route.access != "anybody" {
            let path = route.path.replacing(/\{\w+\}/, with: "1")
            let answer = try await system.call(route.method, path, Self.body(route, system))
            #expect(answer.status == 401, "\(route)")
        }
    }

    /// That every route's document names the status is held by `AnswerCheck`.
    @Test func withATargetThatIsTooLong() async throws {
        let system = try await ContractSystem.started()
        let query = "?q=" + String(repeating: "a", count: RequestLimits.targetBytesMax)
        for route in try await AnswerCheck.description(from: system.server.url).routes {
            let path = route.path.replacing(/\{\w+\}/, with: "1") + query
            let answer = try await system.call(route.method, path, Self.body(route, system), as: system.admin)
            #expect(answer.status == 414, "\(route)")
        }
    }

    @Test func readingAsAnAdmin() async throws {
        let system = try await ContractSystem.started()
        let routes = try await AnswerCheck.description(from: system.server.url).routes
        for route in routes where route.method == "GET" && !route.isStream {
            let answer = try await system.call("GET", try await Self.path(route, system), as: system.admin)
            #expect(answer.status == 200, "\(route): \(answer.text)")
        }
    }

    @Test func rolesThatAreTooLow() async throws {
        let system = try await ContractSystem.started()
        for route in try await AnswerCheck.description(from: system.server.url).routes {
            guard let token = ["agent": system.viewer, "admin": system.agent][route.access] else { continue }
            let path = try await Self.path(route, system)
            let answer = try await system.call(route.method, path, Self.body(route, system), as: token)
            #expect(answer.status == 403, "\(route): \(answer.text)")
        }
    }

    /// What an admin may is left out: it would take the members and keys that other tests use.
    @Test func rolesThatAreHighEnough() async throws {
        let system = try await ContractSystem.started()
        for route in try await AnswerCheck.description(from: system.server.url).routes where !route.isStream {
            guard let token = ["viewer": system.viewer, "agent": system.agent][route.access] else { continue }
            let path = try await Self.path(route, system)
            let answer = try await system.call(route.method, path, Self.body(route, system), as: token)
            #expect((200..<300).contains(answer.status) || answer.status == 400, "\(route): \(answer.text)")
        }
    }

    @Test func anotherOrganisationsMemberFindsNothing() async throws {
        let system = try await ContractSystem.started()
        for route in try await AnswerCheck.description(from: system.server.url).routes {
            guard route.access != "anybody", route.path.contains("{") || route.path == "/api/tickets/" else { continue }
            let path = try await Self.path(route, system)
            let answer = try await system.call(route.method, path, Self.body(route, system), as: system.outsider)
            #expect(answer.status == 404, "\(route): \(answer.text)")
        }
    }

    /// Enough to be let in, too little to do anything.
    private static func body(_ route: APIDescription.Route, _ system: ContractSystem) -> JSONValue? {
        route.operation["requestBody"] == nil ? nil : ["organization_id": .int(system.own)]
    }

    /// The route's path with ids of things that are there, made for this call where that is cheap.
    private static func path(_ route: APIDescription.Route, _ system: ContractSystem) async throws -> String {
        var path = ""
        var ticket: Int64 = 0
        for part in route.path.split(separator: "/") {
            switch part {
            case "{organization}": path += "/\(system.own)"
            case "{ticket}":
                ticket = try await system.makeTicket()
                path += "/\(ticket)"
            case "{suggestion}": path += "/\(try await system.makeSuggestion(on: ticket))"
            case "{document}":
                let made = try await system.call("POST", path, ["title": "Walked", "text": "Text."], as: system.agent)
                path += "/\(try #require(made["id"]?.intValue))"
            case "{run}":
                let made = try await system.call(
                    "POST", "/api/tickets/\(try await system.makeTicket())/trigger-triage/",
                    headers: ["Idempotency-Key": "walk"], as: system.agent)
                path += "/\(try #require(made["job_run_id"]?.intValue))"
            case _ where part.hasPrefix("{"):
                let made: [Substring: JSONValue] = [
                    "{rule}": ["keywords": ["walked"], "team": "Billing"], "{key}": ["name": "walked"],
                ]
                if let body = made[part] { _ = try await system.call("POST", path, body, as: system.admin) }
                let first = try await system.call("GET", path, as: system.admin)["results"]?.arrayValue?.first
                let id = (first?["id"] ?? first?["user_id"])?.intValue
                path += "/\(try #require(id, "\(route): nothing is in \(path) yet; make one here as for {document}"))"
            default: path += "/\(part)"
            }
        }
        return path + "/"
    }
}
