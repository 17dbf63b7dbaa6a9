import Dispatch
import TextEmbedding
import Triage

/// The embedder in this process, on threads of its own: a text takes milliseconds of pure arithmetic, which must not
/// hold up the threads that serve requests.
final class InProcessEmbedder: TextEmbedder {
    private let embedder: MiniLMEmbedder
    private let threads: DispatchQueue

    /// - Throws: `TextEmbeddingError` when the model is missing or not what it should be.
    init(modelDirectory: String) throws {
        embedder = try MiniLMEmbedder(modelDirectory: modelDirectory)
        threads = DispatchQueue(label: "nexify.embedder", qos: .userInitiated, attributes: .concurrent)
    }

    var fingerprint: String { embedder.fingerprint }
    var dimensions: Int { embedder.dimensions }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        await withCheckedContinuation { continuation in
            threads.async { continuation.resume(returning: self.embedder.embed(texts)) }
        }
    }
}
