import Foundation
import TextEmbedding

/// The published model, as `scripts/setup.sh` leaves it: without it these tests fail, they are not skipped.
enum RealModel {
    static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static var directory: String {
        ProcessInfo.processInfo.environment["NEXIFY_MODEL_DIR"]
            ?? packageRoot.appending(path: MiniLMEmbedder.defaultModelDirectory).path
    }

    private static let opened = Result { try MiniLMEmbedder(modelDirectory: directory) }

    /// One for all tests. The error it throws otherwise names the file and says to run `scripts/setup.sh`.
    static var embedder: MiniLMEmbedder {
        get throws { try opened.get() }
    }
}

/// The product of two vectors, which of unit vectors is their cosine.
func dot(_ left: [Float], _ right: [Float]) -> Double {
    zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
