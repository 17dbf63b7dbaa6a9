/// Turns texts into vectors of unit length.
public protocol TextEmbedder: Sendable {
    /// Names model and weights; vectors of different fingerprints must never be compared.
    var fingerprint: String { get }
    var dimensions: Int { get }

    /// One unit vector per text, in order.
    func embed(_ texts: [String]) async throws -> [[Float]]
}

/// How much evidence one suggestion may rest on.
public struct EvidenceLimits: Sendable {
    public var passagesMax: Int
    public var decidedTicketsMax: Int

    public init(passagesMax: Int = 5, decidedTicketsMax: Int = 12) {
        self.passagesMax = passagesMax
        self.decidedTicketsMax = decidedTicketsMax
    }
}

/// A language model that answers a prompt with JSON of a given schema. What it answers is untrusted.
public protocol LanguageModel: Sendable {
    /// For `metadata.model`, e.g. "ollama:llama3.2".
    var name: String { get }

    /// - Returns: the raw text of the answer, at most `answerBytesMax` long.
    /// - Throws: `LanguageModelError` when it is slow, away, too long or wrong in form.
    func complete(_ prompt: Prompt) async throws -> String
}

/// A conversation of one system and one user message, and the JSON schema that the answer must follow.
public struct Prompt: Sendable, Equatable {
    public var system: String
    public var user: String
    public var schema: JSONValue

    public init(system: String, user: String, schema: JSONValue) {
        self.system = system
        self.user = user
        self.schema = schema
    }
}

/// Why a model's answer could not be had. `description` carries no ticket text.
public enum LanguageModelError: Error, Sendable, Equatable, CustomStringConvertible {
    case timedOut(seconds: Double)
    case unreachable(String)
    case refused(status: Int)
    /// The server's context, where it says so, is too small for prompt and answer.
    case promptTooLong(contextTokens: Int64?)
    case tooLong(bytesMax: Int)
    case malformed(String)
    case circuitOpen

    public var description: String {
        switch self {
        case .timedOut(let seconds): "no answer within \(seconds) s"
        case .unreachable(let why): "unreachable: \(why)"
        case .refused(let status): "answered with status \(status)"
        case .promptTooLong(let tokens):
            "the prompt is longer than the model's context\(tokens.map { " of \($0) tokens" } ?? ""): serve it with 8192"
        case .tooLong(let bytesMax): "answer longer than \(bytesMax) bytes"
        case .malformed(let why): "malformed answer: \(why)"
        case .circuitOpen: "not asked: it failed repeatedly and is left alone for a while"
        }
    }
}
