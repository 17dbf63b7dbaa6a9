import Triage

/// Where a language model is served and the limits of asking it.
struct ModelServer: Sendable, Equatable {
    /// The two interfaces that are spoken.
    enum Interface: String, Sendable, CaseIterable {
        /// `POST /api/chat` with a JSON schema as `format`.
        case ollama
        /// `POST /v1/chat/completions` with a `json_schema` response format.
        case openAI = "openai"
    }

    var interface: Interface
    /// Without the interface's own path, e.g. `http://127.0.0.1:11434`.
    var baseURL: String
    var model: String
    var apiKey: String?
    /// From asking to the answer's last byte.
    var deadline: Duration = .seconds(30)
    var answerBytesMax = 256 * 1024
    var answerTokensMax = 800
}
