import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Triage

/// A language model behind Ollama's or OpenAI's HTTP interface. Bounded in time and size, and left alone for a while
/// after it has failed repeatedly (promise I8).
package final class ChatModel: LanguageModel {
    private let server: ModelServer
    private let wire: ChatWire
    private let client: HTTPClient
    private let breaker: CircuitBreaker

    /// - Parameter client: with the configuration `.modelServers`; shut down by its maker.
    package init(server: ModelServer, client: HTTPClient, breaker: CircuitBreaker = CircuitBreaker()) {
        self.server = server
        self.client = client
        self.breaker = breaker
        wire = ChatWire(server: server)
    }

    package var name: String { server.description }

    /// - Throws: `LanguageModelError`, or `CancellationError` when the caller's task was cancelled.
    package func complete(_ prompt: Prompt) async throws -> String {
        guard let admission = breaker.admit() else { throw LanguageModelError.circuitOpen }
        do {
            let answer = try await beforeDeadline { try await self.ask(prompt) }
            breaker.record(success: true, of: admission)
            return answer
        } catch {
            guard !Task.isCancelled else {
                breaker.abandon(admission)
                throw CancellationError()
            }
            let fault = LanguageModelError(transport: error, deadline: server.deadline)
            breaker.record(success: fault.isAboutThePrompt, of: admission)
            throw fault
        }
    }

    private func ask(_ prompt: Prompt) async throws -> String {
        var request = HTTPClientRequest(url: wire.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let key = server.apiKey { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        request.body = .bytes(try wire.body(for: prompt))
        let response = try await client.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        guard response.status == .ok else {
            let body = wire.explains(status: status) ? try await collect(response) : Data()
            throw wire.refusal(status: status, body: body)
        }
        return try wire.text(of: try await collect(response))
    }

    private func collect(_ response: HTTPClientResponse) async throws -> Data {
        do {
            return Data(try await response.body.collect(upTo: server.answerBytesMax).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw LanguageModelError.tooLong(bytesMax: server.answerBytesMax)
        }
    }

    /// The client's own deadline ends with the answer's head, so a body that drips for ever would never end: this one
    /// covers both, and cancels the request, which closes its connection.
    private func beforeDeadline(_ body: @escaping @Sendable () async throws -> String) async throws -> String {
        let deadline = server.deadline
        return try await withThrowingTaskGroup(of: String.self) { group in
            defer { group.cancelAll() }
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: deadline)
                throw LanguageModelError.timedOut(after: deadline)
            }
            guard let answer = try await group.next() else { preconditionFailure("two tasks were added") }
            return answer
        }
    }
}
