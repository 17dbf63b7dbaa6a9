import Foundation
import TestSupport
import Testing
import TextEmbedding
import VectorIndex

@Suite("The engine on embeddings of real text", .enabled(if: Glosses.areThere, "needs Debian's wordnet-base"))
struct RealTextTests {
    @Test("recall@10 is at least 0.95 against exact search on 20,000 glosses", .timeLimit(.minutes(10)))
    func recall() throws {
        let glosses = try Glosses.read(count: 20_500)
        let embedder = try MiniLMEmbedder(
            modelDirectory: RepositoryRoot.path(MiniLMEmbedder.defaultModelDirectory), verifyChecksum: false)
        let vectors = embedder.embed(glosses, threads: ProcessInfo.processInfo.activeProcessorCount)
        var builder = SnapshotBuilder(
            dimensions: embedder.dimensions, metric: .cosine,
            parameters: BuildParameters(modelFingerprint: embedder.fingerprint))
        for (i, vector) in vectors.prefix(20_000).enumerated() { try builder.add(id: UInt64(i), vector: vector) }
        let path = try TestDirectory.make("real") + "/glosses.nxi"
        try builder.write(to: path)
        let snapshot = try Snapshot(path: path, modelFingerprint: embedder.fingerprint)

        let queries = Array(vectors.suffix(500))
        let truth = try snapshot.exactSearch(queries, k: 10)
        let hits = try zip(queries, truth).reduce(0) { sum, pair in
            let expected = Set(pair.1.map(\.id))
            return sum + (try snapshot.search(pair.0, k: 10).count { expected.contains($0.id) })
        }
        let recall = Double(hits) / Double(10 * queries.count)
        print("recall@10 at target \(snapshot.info.targetRecall): \(recall)")
        #expect(recall >= 0.95)
    }
}

/// Definitions of English words, one a text, from WordNet's data files.
enum Glosses {
    private static let directory = "/usr/share/wordnet"
    static let areThere = FileManager.default.fileExists(atPath: directory + "/data.noun")

    /// The first word and the gloss of entries spread over the nouns.
    static func read(count: Int) throws -> [String] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/data.noun"))
        let entries = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("  ") }
        let step = max(1, entries.count / count)
        let glosses = stride(from: 0, to: entries.count, by: step).compactMap { i -> String? in
            let parts = entries[i].components(separatedBy: " | ")
            let fields = entries[i].split(separator: " ")
            guard parts.count == 2, fields.count > 4 else { return nil }
            return fields[4].replacing("_", with: " ") + ": " + parts[1].trimmingCharacters(in: .whitespaces)
        }
        try #require(glosses.count >= count)
        // Neighbours in the file are neighbours in meaning; queries must not all come from its end.
        var random = SplitMix64(seed: 81)
        var shuffled = glosses
        for i in shuffled.indices.dropFirst().reversed() { shuffled.swapAt(i, random.next(below: i + 1)) }
        return Array(shuffled.prefix(count))
    }
}
