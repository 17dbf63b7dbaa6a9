import HTTPTypes
import NIOCore
import Testing
import Triage
import TriageServer

@Suite("OpenAPI: the document")
struct OpenAPIDocumentTests {
    private func endpoint(_ path: String, id: String?) -> Endpoint {
        Endpoint(
            .get, path, id.map { Operation($0, .tickets, "Something", answers: [.ok(.ref("Ticket"))]) }
        ) { _ in throw APIError.noRoute }
    }

    @Test func routesThatCannotBeInADocument() {
        #expect(OpenAPIDocument.faults(in: [endpoint("/api/a", id: "a"), endpoint("/style.css", id: nil)]) == [])
        #expect(OpenAPIDocument.faults(in: [endpoint("/api/a", id: nil)]) == ["GET /api/a has no Operation"])
        #expect(
            OpenAPIDocument.faults(in: [endpoint("/api/a", id: "a"), endpoint("/api/b", id: "a")]) == [
                "GET /api/b: a is another route's id"
            ])
        #expect(
            OpenAPIDocument.faults(in: [endpoint("/api/a", id: "a"), endpoint("/api/a", id: "b")]) == [
                "GET /api/a is there twice"
            ])
    }

    @Test func theOrderOfRoutesDoesNotMatter() {
        let routes = ["c", "a", "b"].map { (id: String) in endpoint("/api/\(id)/{ticket}", id: id) }
        func bytes(_ endpoints: [Endpoint]) -> String {
            var json = JSONWriter()
            json.value(OpenAPIDocument(endpoints: endpoints).json)
            return String(buffer: json.buffer)
        }
        #expect(bytes(routes) == bytes(routes.reversed()))
    }

    @Test func statusesFollowFromTheRoute() {
        let route = Endpoint(
            .patch, "/api/things/{thing}", access: .member(.agent),
            Operation(
                "changeThing", .tickets, "Change", parameters: [.ifMatch], body: .init(.object([])),
                answers: [.ok(.ref("Ticket"))])
        ) { _ in throw APIError.noRoute }
        let document = OpenAPIDocument(endpoints: [route, endpoint("/api/open", id: "open")]).json
        let operation = document["paths"]?["/api/things/{thing}/"]?["patch"]
        #expect(
            operation?["responses"]?.objectValue?.keys.sorted() == [
                "200", "400", "401", "403", "404", "408", "412", "413", "414", "415", "500", "503",
            ])
        #expect(operation?["security"] == [["token": []]])
        #expect(operation?["x-access"] == "agent")
        #expect(operation?["parameters"]?.arrayValue?.map { $0["name"] } == ["thing", "If-Match"])
        let open = document["paths"]?["/api/open/"]?["get"]
        #expect(open?["responses"]?.objectValue?.keys.sorted() == ["200", "414", "500", "503"])
        #expect(open?["security"] == [])
    }

    @Test func isServedAsJSONWithAnETag() async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call("GET", "/api/schema/?format=yaml")
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer["openapi"] == "3.1.0")
        let tag = try #require(answer.headers["etag"])
        for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            #expect(try await system.call("GET", "/api/schema", headers: ["If-None-Match": known]).status == 304)
        }
        #expect(
            try await system.call("GET", "/api/schema/", headers: ["If-None-Match": "\"other\""]).text == answer.text)
        let page = try await system.call("GET", "/api/docs/")
        #expect(page.status == 200)
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        #expect(try await system.call("GET", "/api/docs", headers: ["If-None-Match": "*"]).status == 304)
    }

    @Test func everyReferenceLeadsSomewhereAndEveryComponentIsUsed() async throws {
        let description = try await AnswerCheck.description(from: try await ContractSystem.started().server.url)
        let checker = SchemaChecker(document: description.json)
        var found: Set<String> = []
        func collect(_ value: JSONValue) {
            value.arrayValue?.forEach(collect)
            for (key, member) in value.objectValue ?? [:] {
                if key == "$ref", let reference = member.stringValue {
                    found.insert(reference)
                } else {
                    collect(member)
                }
            }
        }
        collect(description.json)
        for reference in found { #expect(checker.resolve(reference) != nil, "\(reference)") }
        let schemas = description.json["components"]?["schemas"]?.objectValue?.keys.map { "#/components/schemas/\($0)" }
        #expect(Set(schemas ?? []).subtracting(found) == [])
    }

    @Test func everyPathAndOperationIsNamedByTheHouseRules() async throws {
        let description = try await AnswerCheck.description(from: try await ContractSystem.started().server.url)
        let routes = description.routes
        #expect(routes.contains { $0.path == "/api/tickets/{ticket}/" && $0.method == "PATCH" })
        let tags = Set(description.json["tags"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? [])
        for route in routes {
            #expect(route.path.hasPrefix("/api/") == route.path.hasSuffix("/"), "\(route)")
            let id = try #require(route.operation["operationId"]?.stringValue)
            #expect(id.wholeMatch(of: /[a-z][A-Za-z]+/) != nil, "\(route): \(id)")
            #expect(route.operation["tags"]?.arrayValue?.allSatisfy { tags.contains($0.stringValue ?? "") } == true)
            #expect(route.operation["summary"]?.stringValue?.hasSuffix(".") == false, "\(route)")
        }
        let ids = routes.compactMap { $0.operation["operationId"]?.stringValue }
        #expect(Set(ids).count == ids.count)
    }
}
