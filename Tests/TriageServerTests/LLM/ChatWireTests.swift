import AsyncHTTPClient
import FoundationEssentials
import NIOHTTP1
import Testing
import Triage
import TriageServer

/// What is sent, and how documented answers are read.
///
/// No Ollama could be had for these tests. Its side is a server on a real socket that answers with the bytes that
/// Ollama's own documentation (docs/api.md, "Generate a chat completion", structured outputs) shows; the request is held
/// against the members documented there. OpenAI's interface is also tested against a real server in
/// `RealModelTests`.
@Suite("The two interfaces")
struct ChatWireTests {
    private let documentedOllamaAnswer = #"""
        {"model":"llama3.1","created_at":"2024-12-06T00:46:58.265747Z","message":{"role":"assistant","content":\#
        "{\"age\": 22, \"available\": false}"},"done_reason":"stop","done":true,"total_duration":2254970291,\#
        "load_duration":574751416,"prompt_eval_count":34,"prompt_eval_duration":1502000000,"eval_count":12,\#
        "eval_duration":175000000}
        """#

    /// Asks a server that answers with `answer` and returns its request and what the model said.
    private func exchange(
        _ interface: ModelServer.Interface, path: String = "", key: String? = nil, answer: String
    ) async throws -> (request: FaultyServer.Request, text: String) {
        try await withModelClient { client in
            try await FaultyServer.run(.bytes(FaultyServer.answer(answer))) { faulty in
                let server = ModelServer(
                    interface: interface, baseURL: faulty.url + path, model: "llama3.1", apiKey: key)
                let text = try await ChatModel(server: server, client: client).complete(Sample.prompt())
                return (try #require(faulty.requests.first), text)
            }
        }
    }

    @Test func ollamaByItsDocumentation() async throws {
        let (request, text) = try await exchange(.ollama, answer: documentedOllamaAnswer)
        #expect(text == #"{"age": 22, "available": false}"#)
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/api/chat")
        #expect(request.head.headers["Content-Type"] == ["application/json"])
        #expect(request.head.headers["Authorization"].isEmpty)

        let body = try JSONDecoder().decode(JSONValue.self, from: Data(request.body.utf8))
        let prompt = Sample.prompt()
        #expect(
            body == [
                "model": "llama3.1", "stream": false, "format": prompt.schema,
                "messages": [
                    ["role": "system", "content": .string(prompt.system)],
                    ["role": "user", "content": .string(prompt.user)],
                ],
                "options": ["temperature": 0, "num_predict": 800, "num_ctx": 8_192],
            ])
    }

    @Test(arguments: [
        #"{"error":"model 'llama9' not found"}"#, #"{"model":"m","message":{"role":"assistant"},"done":true}"#,
        #"{"model":"m","response":"of /api/generate","done":true}"#,
    ])
    func ollamaWithoutAMessage(answer: String) {
        let wire = ChatWire(server: ModelServer(interface: .ollama, baseURL: "http://localhost", model: "m"))
        #expect(throws: LanguageModelError.malformed("the server's answer has no message")) {
            try wire.text(of: Data(answer.utf8))
        }
    }

    @Test func ollamaCutOff() {
        let answer = documentedOllamaAnswer.replacing(#""done_reason":"stop""#, with: #""done_reason":"length""#)
        let wire = ChatWire(server: ModelServer(interface: .ollama, baseURL: "http://localhost", model: "m"))
        #expect(throws: LanguageModelError.self) { try wire.text(of: Data(answer.utf8)) }
    }

    @Test(arguments: ["", "/", "/v1", "/v1/"])
    func openAI(path: String) async throws {
        let answer = #"{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#
        let (request, text) = try await exchange(.openAI, path: path, key: "sk-1", answer: answer)
        #expect(text == "hi")
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/v1/chat/completions")
        #expect(request.head.headers["Authorization"] == ["Bearer sk-1"])

        let body = try JSONDecoder().decode(JSONValue.self, from: Data(request.body.utf8))
        let prompt = Sample.prompt()
        #expect(
            body == [
                "model": "llama3.1", "stream": false, "temperature": 0, "max_tokens": 800,
                "messages": [
                    ["role": "system", "content": .string(prompt.system)],
                    ["role": "user", "content": .string(prompt.user)],
                ],
                "response_format": [
                    "type": "json_schema", "json_schema": ["name": "triage", "strict": true, "schema": prompt.schema],
                ],
            ])
    }

    /// What OpenAI's strict mode asks of a schema: every property required, none besides, and no `maxLength`.
    @Test func schemaIsStrict() throws {
        let schema = Sample.prompt().schema
        let properties = try #require(schema["properties"]?.objectValue)
        let required = try #require(schema["required"]?.arrayValue).compactMap(\.stringValue)
        #expect(Set(required) == Set(properties.keys))
        #expect(schema["additionalProperties"] == false)
        #expect(properties.values.allSatisfy { $0["maxLength"] == nil })
        #expect(
            properties["citations"] == ["type": "array", "items": ["type": "integer", "enum": [1, 2]], "maxItems": 2])
    }

    /// Equal prompts in equal bytes, with the members in order: a dictionary's own order differs from process to process.
    @Test func bodyIsTheSameEveryTime() throws {
        let wire = ChatWire(server: ModelServer(interface: .openAI, baseURL: "http://localhost", model: "m"))
        let body = String(decoding: try wire.body(for: Sample.prompt()), as: UTF8.self)
        let members = ["citations", "draft_reply", "priority", "reason", "team"].map { "\"\($0)\":{" }
        let places = members.map { member in body.firstRange(of: member)?.lowerBound }
        #expect(places.allSatisfy { $0 != nil })
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
    }

    @Test func descriptionsHoldNoSecrets() {
        let server = ModelServer(
            interface: .openAI, baseURL: "https://user:secret@models.example", model: "m", apiKey: "secret")
        #expect("\(server)" == "openai:m")
    }
}
