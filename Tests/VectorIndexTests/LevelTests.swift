import CBLAS
import Foundation
import Testing
import VectorIndex

/// The engine takes one instruction set per process, so each level gets a process of its own that builds and searches.
@Suite("Every instruction set builds the same file and finds the same")
struct LevelTests {
    static let levels = (["scalar", "avx2", "avx512", "neon"] as [String]).filter { nx_kernels_named($0) != nil }
    /// This process's own level's.
    static let reports = Result { try LevelReport.cases.map { try LevelReport($0) } }

    @Test("files, answers, statistics and recall are the same", arguments: levels)
    func sameEverywhere(level: String) async throws {
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) { [level] in
            setenv("NEXIFY_SIMD", level, 1)
            #expect(Kernels.active.name == level)
            for kind in LevelReport.cases { print("REPORT", try LevelReport(kind)) }
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let lines = output.split(separator: "\n").filter { $0.hasPrefix("REPORT") }.map(String.init)
        let expected = try Self.reports.get().map { "REPORT \($0)" }
        #expect(expected.count == 3 && lines == expected, "\(level) against \(Kernels.active.name)")
        // Not only the same: good. A level that finds little everywhere would be the same, too.
        for report in try Self.reports.get() { #expect(report.recall >= 0.95) }
    }
}

/// What one instruction set makes of some vectors, in a line to compare.
struct LevelReport: CustomStringConvertible {
    let recall: Double
    private let contentHash: String
    private let answers: UInt64
    private let hops: Int
    private let distances: Int
    private let reranked: Int
    private let selfTest: Double

    static let cases = [
        RecallCase(name: "1 bit", metric: .cosine, dimensions: 330, count: 700),
        RecallCase(name: "2 bits", metric: .squaredL2, dimensions: 70, count: 700),
        RecallCase(
            name: "lifted", metric: .innerProduct, dimensions: 64, count: 700,
            lengths: { Lengths.uneven($0, seed: 141) }),
    ]

    init(_ kind: RecallCase) throws {
        let (snapshot, queries) = try kind.make(queries: 60)
        contentHash = snapshot.info.contentHash
        let scratch = SearchScratch()
        let truth = try snapshot.exactSearch(queries, k: 10)
        func selection(_ bits: some Sequence<Int>) throws -> Selection {
            try snapshot.selection(bitmap: FilteredIndex.bitmap(Array(bits), count: kind.count))
        }
        let half = try selection(stride(from: 0, to: kind.count, by: 2))
        let most = try selection(0..<kind.count * 5 / 7)
        let few = try selection(stride(from: 5, to: kind.count, by: 13))
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var statistics = (hops: 0, distances: 0, reranked: 0)
        func note(_ found: [Neighbor]) {
            for neighbor in found {
                for value in [neighbor.id, UInt64(neighbor.score.bitPattern)] {
                    digest = (digest ^ value) &* 0x100_0000_01B3
                }
            }
            statistics.hops += scratch.statistics.hops
            statistics.distances += scratch.statistics.distances
            statistics.reranked += scratch.statistics.reranked
        }
        let found = try queries.map { query in
            let found = try snapshot.search(query, k: 10, effort: .targetRecall(0.98), scratch: scratch)
            note(found)
            for effort in [SearchEffort.efSearch(64), .slack(0.02), .targetRecall(0.9)] {
                for k in [1, 20, 80] {
                    note(try snapshot.search(query, k: k, effort: effort, scratch: scratch))
                }
            }
            // Filtered, by each plan: a walk, a scan of codes, and one of vectors.
            for (selection, k) in [(half, 3), (most, 40), (few, 10)] {
                note(try snapshot.search(query, k: k, within: selection, effort: .efSearch(64), scratch: scratch))
            }
            if let last = found.last {
                note(try snapshot.search(query, scoringAtLeast: last.score, scratch: scratch))
            }
            return found
        }
        recall = Fixture.recall(found, truth)
        answers = digest
        (hops, distances, reranked) = statistics
        selfTest = try snapshot.selfTest()?.recall ?? 0
    }

    var description: String {
        "\(contentHash) answers \(answers) recall \(recall) hops \(hops) distances \(distances) reranked \(reranked) "
            + "self-test \(selfTest)"
    }
}
