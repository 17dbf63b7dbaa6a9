import FoundationEssentials
import Triage

/// What the two interfaces put on the wire: the request of a prompt, and what an answer or a refusal says.
package struct ChatWire: Sendable {
    package let server: ModelServer

    package init(server: ModelServer) { self.server = server }

    package var url: String {
        var base = server.baseURL[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        switch server.interface {
        case .ollama: return base + "/api/chat"
        case .openAI: return base + (base.hasSuffix("/v1") ? "/chat/completions" : "/v1/chat/completions")
        }
    }

    /// The request's body. The same prompt gives the same bytes: a server writes an answer's members in the schema's
    /// order, so an order that changed would change answers.
    package func body(for prompt: Prompt) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value(of: prompt))
    }

    private func value(of prompt: Prompt) -> JSONValue {
        let messages: JSONValue = [
            ["role": "system", "content": .string(prompt.system)], ["role": "user", "content": .string(prompt.user)],
        ]
        let answerTokens = JSONValue.int(Int64(server.answerTokensMax))
        switch server.interface {
        case .ollama:
            return [
                "model": .string(server.model), "messages": messages, "stream": false, "format": prompt.schema,
                "options": [
                    "temperature": 0, "num_predict": answerTokens, "num_ctx": .int(Int64(server.contextTokens)),
                ],
            ]
        case .openAI:
            return [
                "model": .string(server.model), "messages": messages, "stream": false, "temperature": 0,
                "max_tokens": answerTokens,
                "response_format": [
                    "type": "json_schema",
                    "json_schema": ["name": "triage", "strict": true, "schema": prompt.schema],
                ],
            ]
        }
    }

    /// The model's own text in a server's answer.
    ///
    /// - Throws: `LanguageModelError.malformed`, without quoting the answer.
    package func text(of answer: Data) throws(LanguageModelError) -> String {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: answer) else {
            throw .malformed("the server did not answer with JSON")
        }
        let text: String?
        let end: String?
        switch server.interface {
        case .ollama:
            text = value["message"]?["content"]?.stringValue
            end = value["done_reason"]?.stringValue
        case .openAI:
            let choice = value["choices"]?.arrayValue?.first
            text = choice?["message"]?["content"]?.stringValue
            end = choice?["finish_reason"]?.stringValue
        }
        guard end != "length" else {
            throw .malformed("the model was cut off at \(server.answerTokensMax) tokens or at the end of its context")
        }
        guard let text else { throw .malformed("the server's answer has no message") }
        return text
    }

    /// Whether an answer of this status may be worth reading: only these say that a prompt was too long.
    package func explains(status: Int) -> Bool { status == 400 || status == 413 }

    /// What a refusal means.
    ///
    /// - Parameter body: empty when it was not read.
    package func refusal(status: Int, body: Data) -> LanguageModelError {
        let error = (try? JSONDecoder().decode(JSONValue.self, from: body))?["error"]
        // llama.cpp's name for it is a type, OpenAI's and vLLM's a code.
        let names = [error?["type"]?.stringValue, error?["code"]?.stringValue]
        let tooLong = ["exceed_context_size_error", "context_length_exceeded"]
        if status == 413 || names.contains(where: { $0.map(tooLong.contains) == true }) {
            return .promptTooLong(contextTokens: error?["n_ctx"]?.intValue)
        }
        return .refused(status: status)
    }
}
