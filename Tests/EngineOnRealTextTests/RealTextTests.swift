import Foundation
import TestSupport
import Testing
import TextEmbedding
import VectorIndex

@Suite(
    "The engine on embeddings of real text", .serialized, .enabled(if: Glosses.areThere, "needs Debian's wordnet-base"))
struct RealTextTests {
    /// A mean over 1,000 queries has a standard error of 0.004 at recall 0.9 and k = 10 (shares of ten neighbours scatter
    /// by 0.12), and so has the builder's, over 1,000 held-back vectors, one of which it takes off itself; with k = 1 a
    /// query finds all or nothing, and both are 0.009.
    private static let tolerance = [1: 0.03, 10: 0.01, 100: 0.01]

    @Test("every target of recall is kept on 20,000 glosses and 1,000 that are not there", .timeLimit(.minutes(10)))
    func recall() throws {
        let (snapshot, queries) = try GlossIndex.shared.get()
        let scratch = SearchScratch()
        for (k, tolerance) in Self.tolerance.sorted(by: { $0.key < $1.key }) {
            let truth = try snapshot.exactSearch(queries, k: k).map { Set($0.map(\.id)) }
            var hopsBefore = 0
            for target in [0.9, 0.95, 0.98, 0.99] {
                var hits = 0
                var hops = 0
                for (query, expected) in zip(queries, truth) {
                    let found = try snapshot.search(query, k: k, effort: .targetRecall(target), scratch: scratch)
                    hits += found.count { expected.contains($0.id) }
                    hops += scratch.statistics.hops
                }
                let recall = Double(hits) / Double(k * queries.count)
                print("recall@\(k) at target \(target): \(recall), \(hops / queries.count) hops")
                #expect(recall >= target - tolerance, "k \(k), target \(target)")
                // A fraction of the index, and the less the lower the target.
                #expect(hops > hopsBefore && hops < queries.count * 20_000 / 10, "k \(k), target \(target)")
                hopsBefore = hops
            }
        }
        let test = try #require(try snapshot.selfTest())
        #expect(test.queries == 256 && Float(test.recall) == Float(test.recallWhenBuilt) && test.recall >= 0.95)
    }

    @Test(
        "filters keep recall@10 at 0.95, whether they have to do with the query or not",
        .timeLimit(.minutes(10)), arguments: ["random", "near", "far"])
    func filteredRecall(kind: String) throws {
        let (snapshot, allQueries) = try GlossIndex.shared.get()
        let queries = Array(allQueries.prefix(200))
        let count = snapshot.info.count
        let orders = try snapshot.exactSearch(queries, k: count)
        // About the query's 200th nearest gloss.
        let anchors = try orders.compactMap { try snapshot.vector(id: $0[200].id) }
        let anchorOrders = kind == "near" ? try snapshot.exactSearch(anchors, k: count) : []
        let scratch = SearchScratch()
        var random = SplitMix64(seed: 82)
        // In thousandths.
        for share in [500, 150, 100, 10, 1] {
            let matches = count * share / 1_000
            var hits = 0
            var hops = 0
            for (i, query) in queries.enumerated() {
                let admitted: Set<UInt64> =
                    switch kind {
                    case "near": Set(anchorOrders[i].prefix(matches).map(\.id))
                    case "far": Set(orders[i].suffix(matches).map(\.id))
                    default: Set(orders[i].map(\.id).shuffled(using: &random).prefix(matches))
                    }
                let found = try snapshot.search(
                    query, k: 10, where: SearchFilter(.ids(admitted)), effort: .targetRecall(0.95), scratch: scratch)
                let truth = orders[i].filter { admitted.contains($0.id) }.prefix(10)
                #expect(found.count == 10 && found.allSatisfy { admitted.contains($0.id) })
                hits += Set(found).intersection(truth).count
                hops += scratch.statistics.hops
            }
            let recall = Double(hits) / Double(10 * queries.count)
            print("filtered recall@10, \(kind), \(Double(share) / 10) %: \(recall), \(hops / queries.count) hops")
            // One in 6.7 is about the fewest that are walked to here. Of a random filter a walk then finds 0.9495, 0.006 being
            // the standard error; the selectivities that are promised, 50 %, 10 %, 1 % and 0.1 %, keep the target as it stands.
            let tolerance = share == 150 ? Self.tolerance[10] ?? 0 : 0
            #expect(recall >= 0.95 - tolerance, "\(kind), \(share)")
            #expect((hops > 0) == (share >= 150), "\(share)")
        }
    }
}

/// The index of the glosses and the queries that are not in it, made once.
enum GlossIndex {
    static let shared = Result {
        let glosses = try Glosses.read(count: 21_000)
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
        return (snapshot: snapshot, queries: Array(vectors.suffix(1_000)))
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
