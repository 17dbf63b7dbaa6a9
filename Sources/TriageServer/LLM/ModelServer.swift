import Triage

/// Where a language model is served and the limits of asking it.
package struct ModelServer: Sendable, Equatable, CustomStringConvertible {
    /// The two interfaces that are spoken.
    package enum Interface: String, Sendable, CaseIterable {
        /// `POST /api/chat` with a JSON schema as `format`.
        case ollama
        /// `POST /v1/chat/completions` with a `json_schema` response format.
        case openAI = "openai"
    }

    package var interface: Interface
    /// Without the interface's own path, e.g. `http://127.0.0.1:11434`; for OpenAI's interface a `/v1` at its end is
    /// understood.
    package var baseURL: String
    package var model: String
    package var apiKey: String?
    /// From asking to the answer's last byte.
    package var deadline: Duration = .seconds(30)
    package var answerBytesMax = 256 * 1024
    package var answerTokensMax = 800
    /// The context that Ollama is asked to serve the model with, prompt and answer together. Its own default is 4,096,
    /// and it cuts a longer prompt without a word; `TriagePrompt`'s limits keep prompts in any language in it.
    package var contextTokens = 8_192

    package init(interface: Interface, baseURL: String, model: String, apiKey: String? = nil) {
        self.interface = interface
        self.baseURL = baseURL
        self.model = model
        self.apiKey = apiKey
    }

    /// Without the URL and the key, either of which may hold a secret.
    package var description: String { "\(interface.rawValue):\(model)" }
}
