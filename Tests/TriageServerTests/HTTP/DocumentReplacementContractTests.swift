import Foundation
import Postgres
import Testing
import Triage

@Suite("Contract: replacing documents")
struct DocumentReplacementContractTests {
    private func make(_ own: OwnOrganization, _ title: String, _ text: String) async throws -> (Int64, String) {
        let made = try await own.call("POST", "/documents/", ["title": .string(title), "text": .string(text)])
        #expect(made.status == 201)
        return (try #require(made["id"]?.intValue), try #require(made.headers["etag"]))
    }

    private func untilIndexed(_ own: OwnOrganization, _ id: Int64) async throws {
        try await until("the document is indexed") {
            try await own.call("GET", "/documents/\(id)/")["index_status"] == "indexed"
        }
    }

    private func found(_ own: OwnOrganization, _ query: String, _ mode: String) async throws -> [String] {
        let answer = try await own.call(
            "POST", "/kb/retrieve/", ["query": .string(query), "mode": .string(mode), "k": 10])
        #expect(answer.status == 200)
        return answer["results"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
    }

    private func chunks(_ own: OwnOrganization, _ id: Int64) async throws -> [JSONValue] {
        try await own.call("GET", "/documents/\(id)/chunks/")["results"]?.arrayValue ?? []
    }

    @Test func theOldTextIsGoneAtOnce() async throws {
        let own = try await OwnOrganization.make()
        let (id, tag) = try await make(own, "Refunds", "Refunds take five working days.")
        try await untilIndexed(own, id)
        for mode in ["vector", "text", "hybrid"] {
            #expect(try await found(own, "how long do refunds take", mode).count == 1)
        }
        let replaced = try await own.call(
            "PUT", "/documents/\(id)/",
            ["title": "Parcels", "text": "Parcels arrive on the next morning.", "metadata": ["v": 2]])
        #expect(replaced.status == 200)
        #expect(replaced["id"] == .int(id))
        #expect(replaced["title"] == "Parcels")
        #expect(replaced["metadata"] == ["v": 2])
        #expect(replaced.headers["etag"] != tag)
        // The index may still remember the vector; the answer must not.
        for mode in ["vector", "text", "hybrid"] {
            #expect(try await !found(own, "how long do refunds take", mode).contains { $0.contains("Refunds") })
        }
        try await untilIndexed(own, id)
        for mode in ["vector", "text", "hybrid"] {
            #expect(
                try await found(own, "when do parcels arrive", mode) == ["Parcels arrive on the next morning."])
        }
        let gone = try await own.system.count(
            """
            SELECT count(DISTINCT row_id) FROM index_changes i
            WHERE organization_id = \(own.id) AND kind = 'kb' AND NOT EXISTS (SELECT FROM chunks WHERE id = i.row_id)
            """)
        #expect(gone == 1)
    }

    /// What stays the same is not embedded again, wherever it moves; under another title all of it is.
    @Test func unchangedPassagesKeepTheirVectors() async throws {
        let own = try await OwnOrganization.make()
        func section(_ name: String, _ word: String) -> String {
            "# \(name)\n\n" + String(repeating: "\(word) is what this says. ", count: 20) + "\n\n"
        }
        let (first, second, third) = (section("One", "Alpha"), section("Two", "Beta"), section("Three", "Gamma"))
        let (id, _) = try await make(own, "Manual", first + second)
        try await untilIndexed(own, id)
        let before = try await chunks(own, id)
        #expect(before.count == 2)
        let text = third + second + first
        #expect(
            try await own.call("PUT", "/documents/\(id)/", ["title": "Manual", "text": .string(text)]).status == 200)
        let after = try await chunks(own, id)
        #expect(after.map { $0["chunk_index"] } == [0, 1, 2])
        #expect(after[1]["id"] == before[1]["id"])
        #expect(after[2]["id"] == before[0]["id"])
        #expect(!before.contains { $0["id"] == after[0]["id"] })
        let scalars = Array(text.unicodeScalars)
        for chunk in after {
            let start = Int(try #require(chunk["char_start"]?.intValue))
            let end = Int(try #require(chunk["char_end"]?.intValue))
            #expect(chunk["text"]?.stringValue.map { Array($0.unicodeScalars) } == Array(scalars[start..<end]))
        }
        let kept = try #require(before[0]["id"]?.intValue)
        #expect(
            try await own.system.count(
                "SELECT count(*) FROM chunks WHERE id = \(kept) AND embedding IS NOT NULL") == 1)
        _ = try await own.call("PUT", "/documents/\(id)/", ["title": "Handbook", "text": .string(text)])
        let renamed = try await chunks(own, id)
        #expect(renamed.count == 3)
        #expect(!renamed.contains { chunk in after.contains { $0["id"] == chunk["id"] } })
        try await untilIndexed(own, id)
    }

    /// Texts that look alike and differ in their bytes are two: offsets into one are wrong in the other.
    @Test func anotherSpellingIsAnotherText() async throws {
        let own = try await OwnOrganization.make()
        let composed: JSONValue = "A caf\u{e9} in town."
        let decomposed: JSONValue = "A cafe\u{301} in town."
        let made = try await own.call(
            "POST", "/documents/", ["title": composed, "text": composed, "metadata": ["a": composed]])
        let id = try #require(made["id"]?.intValue)
        let path = "/documents/\(id)/"
        var tag = try #require(made.headers["etag"])
        let contents: [JSONValue] = [
            ["title": composed, "text": decomposed, "metadata": ["a": composed]],
            ["title": decomposed, "text": decomposed, "metadata": ["a": composed]],
            ["title": decomposed, "text": decomposed, "metadata": ["a": decomposed]],
            ["title": decomposed, "text": decomposed, "metadata": ["\u{e9}": 1]],
            ["title": decomposed, "text": decomposed, "metadata": ["e\u{301}": 1]],
        ]
        for content in contents {
            let replaced = try await own.call("PUT", path, content)
            #expect(replaced.status == 200)
            #expect(replaced.headers["etag"] != tag)
            tag = try #require(replaced.headers["etag"])
            let read = try await own.call("GET", path)
            for field in ["title", "text", "metadata"] { #expect(read[field] == content[field]) }
            let passages = try await chunks(own, id)
            #expect(passages.map { $0["text"] } == [content["text"]])
            let again = try await own.call("PUT", path, content)
            #expect(again.headers["etag"] == tag)
        }
    }

    @Test func versions() async throws {
        let own = try await OwnOrganization.make()
        let (id, tag) = try await make(own, "Title", "Text")
        let path = "/documents/\(id)/"
        #expect(try await own.call("GET", path).headers["etag"] == tag)
        // The same again changes nothing.
        let same = try await own.call("PUT", path, ["title": "Title", "text": "Text"], headers: ["If-Match": tag])
        #expect(same.status == 200)
        #expect(same.headers["etag"] == tag)
        let answers = try await atOnce(2) { index in
            try await own.call(
                "PUT", path, ["title": "Title", "text": .string("Text \(index)")], headers: ["If-Match": tag])
        }
        #expect(answers.map(\.status).sorted() == [200, 412])
        let now = try await own.call("GET", path)
        let winner = try #require(answers.first { $0.status == 200 })
        #expect(now["text"] == winner["text"])
        #expect(now.headers["etag"] == winner.headers["etag"])
        #expect(try await chunks(own, id).count == 1)
        #expect(try await own.call("DELETE", path, headers: ["If-Match": tag]).status == 412)
        #expect(try await own.call("DELETE", path, headers: ["If-Match": now.headers["etag"] ?? ""]).status == 204)
        #expect(try await own.call("PUT", path, ["title": "Title", "text": "Text"]).status == 404)
    }

    @Test func badReplacements() async throws {
        let own = try await OwnOrganization.make()
        let (id, tag) = try await make(own, "Title", "Text")
        let path = "/documents/\(id)/"
        let wrong = try await own.call("PUT", path, ["title": "", "metadata": 5])
        #expect(
            wrong.json == [
                "title": ["This field may not be blank."], "text": ["This field is required."],
                "metadata": ["Expected a dictionary of items but got type \"int\"."],
            ])
        let viewer = try await own.member("viewer").token
        #expect(try await own.call("PUT", path, ["title": "a", "text": "b"], as: viewer).status == 403)
        let foreign = try await own.system.call(
            "PUT", "/api/organizations/\(own.system.own)" + path, ["title": "a", "text": "b"], as: own.system.agent)
        #expect(foreign.status == 404)
        #expect(foreign.json == ["detail": "No Document matches the given query."])
        #expect(try await own.call("GET", path).headers["etag"] == tag)
        #expect(try await own.call("PATCH", path, [:]).headers["allow"] == "DELETE, GET, HEAD, PUT")
    }
}
