import Foundation
import Testing
import Triage
import TriageServer

@Suite("Contract: knowledge base")
struct DocumentContractTests {
    @Test func documents() async throws {
        let system = try await ContractSystem.started()
        let path = "/api/organizations/\(system.own)/documents/"
        let made = try await system.call(
            "POST", path, ["title": " Refunds ", "text": "Refunds take five days.\n", "metadata": ["a": [1, nil]]],
            as: system.agent)
        #expect(made.status == 201)
        #expect(
            Set(made.json.objectValue?.keys ?? [:].keys) == [
                "id", "organization", "title", "text", "metadata", "index_status", "created_at", "updated_at",
            ])
        #expect(made["title"] == "Refunds")
        #expect(made["text"] == "Refunds take five days.\n")
        #expect(made["metadata"] == ["a": [1, nil]])
        let id = try #require(made["id"]?.intValue)
        let chunks = try await system.call("GET", "\(path)\(id)/chunks/", as: system.viewer)
        let chunk = try #require(chunks["results"]?.arrayValue?.first)
        #expect(
            Set(chunk.objectValue?.keys ?? [:].keys) == [
                "id", "document", "chunk_index", "text", "char_start", "char_end", "created_at",
            ])
        #expect(chunk["chunk_index"] == 0)
        #expect(chunk["char_start"] == 0)
        let found = try await system.call(
            "POST", "/api/organizations/\(system.own)/kb/retrieve/",
            ["query": "refund", "mode": "text", "explain": true],
            as: system.viewer)
        #expect(found.status == 200)
        let hit = try #require(found["results"]?.arrayValue?.first { $0["document_id"] == .int(id) })
        #expect(
            Set(hit.objectValue?.keys ?? [:].keys) == [
                "document_id", "document_title", "chunk_id", "chunk_index", "text", "char_start", "char_end", "score",
            ])
        #expect(found["took_ms"]?.doubleValue != nil)
        #expect(found["explanation"]?["mode"] == "text")
        #expect(try await system.call("DELETE", "\(path)\(id)/", as: system.viewer).status == 403)
        #expect(try await system.call("DELETE", "\(path)\(id)/", as: system.agent).status == 204)
        let gone = try await system.call("GET", "\(path)\(id)/chunks/", as: system.viewer)
        #expect(gone.json == ["detail": "No Document matches the given query."])
        #expect(try await system.call("DELETE", "\(path)\(id)/", as: system.agent).status == 404)
    }

    @Test func badDocuments() async throws {
        let system = try await ContractSystem.started()
        let path = "/api/organizations/\(system.own)/documents/"
        #expect(try await system.call("POST", path, ["title": "x", "text": "y"], as: system.viewer).status == 403)
        let wrong = try await system.call(
            "POST", path, ["title": .string(String(repeating: "t", count: 256)), "text": " \n ", "metadata": []],
            as: system.agent)
        #expect(
            wrong.json == [
                "title": ["Ensure this field has no more than 255 characters."],
                "text": ["This field may not be blank."],
                "metadata": ["Expected a dictionary of items but got type \"list\"."],
            ])
        let long = try await system.call(
            "POST", path, ["title": "x", "text": .string(String(repeating: "x", count: 1_000_001))], as: system.agent)
        #expect(long.json == ["text": ["Ensure this field has no more than 1000000 characters."]])
        let null = try await system.call(
            "POST", path, ["title": "x", "text": "y", "metadata": ["a": ["b\u{0000}"]]], as: system.agent)
        #expect(null.json == ["metadata": ["Null characters are not allowed."]])
        let huge =
            Array("{\"title\":\"x\",\"text\":\"".utf8)
            + [UInt8](repeating: 0x78, count: RequestLimits.documentBodyBytesMax) + Array("\"}".utf8)
        #expect(try await system.send("POST", path, huge, as: system.agent).status == 413)
    }

    @Test(
        arguments: [
            ([:], "non_field_errors", "Either query or ticket_id is required."),
            (["query": "a", "ticket_id": 1], "non_field_errors", "Only one of query and ticket_id is allowed."),
            (["query": "  "], "query", "This field may not be blank."),
            (["query": 5], "query", "Not a valid string."),
            (["ticket_id": nil], "ticket_id", "This field may not be null."),
            (["ticket_id": "x"], "ticket_id", "A valid integer is required."),
            (["query": "a", "k": 0], "k", "Ensure this value is greater than or equal to 1."),
            (["query": "a", "k": 51], "k", "Ensure this value is less than or equal to 50."),
            (["query": "a", "mode": "magic"], "mode", "\"magic\" is not a valid choice."),
            (["query": "a", "backend": "faiss"], "backend", "\"faiss\" is not a valid choice."),
            (["query": "a", "explain": "yes"], "explain", "Must be a valid boolean."),
        ] as [(JSONValue, String, String)])
    func badSearches(_ body: JSONValue, _ field: String, _ message: String) async throws {
        let system = try await ContractSystem.started()
        let answer = try await system.call(
            "POST", "/api/organizations/\(system.own)/kb/retrieve/", body, as: system.viewer)
        #expect(answer.status == 400)
        #expect(answer.json == [field: [.string(message)]])
    }

    @Test func searchingByATicketOfAnother() async throws {
        let system = try await ContractSystem.started()
        let path = "/api/organizations/\(system.own)/kb/retrieve/"
        let foreign = try await system.call("POST", path, ["ticket_id": .int(system.foreignTicket)], as: system.viewer)
        let missing = try await system.call("POST", path, ["ticket_id": 999_999_999], as: system.viewer)
        #expect(foreign.status == 404)
        #expect(foreign.text == missing.text)
        let ticket = try await system.makeTicket(subject: "Refund")
        #expect(
            try await system.call("POST", path, ["ticket_id": .int(ticket), "k": 1], as: system.viewer).status == 200)
    }
}
