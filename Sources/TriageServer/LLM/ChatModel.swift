import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Triage

/// A language model behind Ollama's or OpenAI's HTTP interface. Bounded in time and size, and left alone for a while
/// after it has failed repeatedly (promise I8).
final class ChatModel: LanguageModel {
    private let server: ModelServer
    private let client: HTTPClient
    private let breaker: CircuitBreaker

    init(server: ModelServer, client: HTTPClient, breaker: CircuitBreaker = CircuitBreaker()) {
        self.server = server
        self.client = client
        self.breaker = breaker
    }

    var name: String { "\(server.interface.rawValue):\(server.model)" }

    func complete(_ prompt: Prompt) async throws -> String {
        guard breaker.admit() else { throw LanguageModelError.circuitOpen }
        do {
            let answer = try await ask(prompt)
            breaker.record(success: true)
            return answer
        } catch let error as LanguageModelError {
            breaker.record(success: false)
            throw error
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            breaker.record(success: false)
            throw LanguageModelError.timedOut(seconds: server.deadline.milliseconds / 1_000)
        } catch is CancellationError {
            breaker.abandon()
            throw CancellationError()
        } catch {
            breaker.record(success: false)
            // The kind of fault only: a client's message may hold a URL with credentials.
            throw LanguageModelError.unreachable("\(type(of: error))")
        }
    }

    private func ask(_ prompt: Prompt) async throws -> String {
        var request = HTTPClientRequest(url: trimmedBaseURL + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let key = server.apiKey { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body(for: prompt))))
        let response = try await client.execute(
            request, timeout: .nanoseconds(Int64(server.deadline.milliseconds * 1_000_000)))
        guard response.status == .ok else { throw LanguageModelError.refused(status: Int(response.status.code)) }
        let bytes: ByteBuffer
        do {
            bytes = try await response.body.collect(upTo: server.answerBytesMax)
        } catch is NIOTooManyBytesError {
            throw LanguageModelError.tooLong(bytesMax: server.answerBytesMax)
        }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes.readableBytesView)) else {
            throw LanguageModelError.malformed("the server did not answer with JSON")
        }
        guard let text = text(of: value) else {
            throw LanguageModelError.malformed("the server's answer has no message")
        }
        return text
    }

    private var trimmedBaseURL: String {
        server.baseURL.hasSuffix("/") ? String(server.baseURL.dropLast()) : server.baseURL
    }

    private var path: String {
        switch server.interface {
        case .ollama: "/api/chat"
        case .openAI: "/v1/chat/completions"
        }
    }

    private func body(for prompt: Prompt) -> JSONValue {
        let messages: JSONValue = [
            ["role": "system", "content": .string(prompt.system)], ["role": "user", "content": .string(prompt.user)],
        ]
        let tokens = JSONValue.int(Int64(server.answerTokensMax))
        switch server.interface {
        case .ollama:
            return [
                "model": .string(server.model), "messages": messages, "stream": false, "format": prompt.schema,
                "options": ["temperature": 0, "num_predict": tokens],
            ]
        case .openAI:
            return [
                "model": .string(server.model), "messages": messages, "temperature": 0, "max_tokens": tokens,
                "response_format": [
                    "type": "json_schema",
                    "json_schema": ["name": "triage", "strict": true, "schema": prompt.schema],
                ],
            ]
        }
    }

    private func text(of answer: JSONValue) -> String? {
        switch server.interface {
        case .ollama: answer["message"]?["content"]?.stringValue
        case .openAI: answer["choices"]?.arrayValue?.first?["message"]?["content"]?.stringValue
        }
    }
}
