import Foundation
import TestSupport
import Testing
import VectorIndex

@Suite("The committed file of format version 1")
struct GoldenTests {
    private let path = RepositoryRoot.path("Tests/VectorIndexTests/Golden/format-1.nxi")

    /// 400 vectors of 3 dimensions, made of integers so that any machine makes the same; as few as have curves and
    /// sample queries, and one of them under two ids.
    private func build(to path: String) throws -> SnapshotInfo {
        var random = SplitMix64(seed: 71)
        var builder = SnapshotBuilder(
            dimensions: 3, metric: .squaredL2,
            parameters: BuildParameters(
                degree: 32, upperDegree: 8, efConstruction: 32, targetRecall: 0.9, exactScanMax: 100, seed: 7,
                threads: 1, modelFingerprint: "golden", sourceVersion: 3))
        for i in 0..<400 {
            try builder.add(id: UInt64(1_000 + i), vector: (0..<3).map { _ in Float(random.next(below: 201) - 100) })
        }
        try builder.add(id: 9, vector: [101, 102, 103])
        try builder.add(id: 8, vector: [101, 102, 103])
        return try builder.write(to: path)
    }

    @Test("building it again gives the same bytes")
    func sameBytes() throws {
        let rebuilt = try Fixture.path()
        let info = try build(to: rebuilt)
        // After a deliberate change of the format or of the builder: NEXIFY_RENEW_GOLDEN=1 writes the file anew; what the
        // tests then expect stands below.
        if ProcessInfo.processInfo.environment["NEXIFY_RENEW_GOLDEN"] == "1" {
            try Fixture.write(Fixture.bytes(rebuilt), to: path)
        }
        #expect(try Fixture.bytes(rebuilt) == Fixture.bytes(path))
        #expect(info.contentHash == Self.contentHash)
    }

    @Test("it opens, proves its recall, and answers as it always did")
    func answers() throws {
        let snapshot = try Snapshot(path: path)
        try snapshot.verifyContentHash()
        let info = snapshot.info
        #expect(info.contentHash == Self.contentHash)
        #expect(info.count == 402 && info.nodes == 401 && info.hasGraph && info.layers == 2 && info.dimensions == 3)
        #expect(info.formatVersion == "1.0" && info.seed == 7 && info.targetRecall == 0.9 && info.sourceVersion == 3)
        #expect(info.modelFingerprint == "golden" && info.metric == .squaredL2 && info.rowBytes == 896)
        #expect(
            info.sections.map(\.tag) == ["ROWS", "UPPR", "CNTR", "CALB", "SELF", "EXCT", "IDS", "IDOR", "GRPS"])
        let test = try #require(try snapshot.selfTest())
        #expect(test.queries == 6 && Float(test.recall) == Float(test.recallWhenBuilt))

        let scratch = SearchScratch()
        let found = try snapshot.search([10, 20, -30], k: 4, effort: .efSearch(40), scratch: scratch)
        #expect(found == (try snapshot.exactSearch([10, 20, -30], k: 4)))
        #expect(found == Self.nearest && scratch.statistics.hops == Self.hops)
        #expect(try snapshot.search([101, 102, 103], k: 2).map(\.id) == [8, 9])
        #expect(try snapshot.search([10, 20, -30], scoringAtLeast: found[2].score).map(\.id) == found[0..<3].map(\.id))
    }

    private static let contentHash = "cf608ced5456dcaa8d849c2be1c020483f5058e3829b62a855918f22c49fe99e"
    private static let nearest = [
        Neighbor(id: 1_394, score: -376), Neighbor(id: 1_267, score: -750), Neighbor(id: 1_116, score: -894),
        Neighbor(id: 1_178, score: -1_069),
    ]
    private static let hops = 42

    @Test("a file of the same format by an earlier version, whose walk was another, answers the same")
    func earlierVersion() throws {
        let first = try Snapshot(path: RepositoryRoot.path("Tests/VectorIndexTests/Golden/format-1-first.nxi"))
        try first.verifyContentHash()
        #expect(first.info.contentHash != Self.contentHash)
        let test = try #require(try first.selfTest())
        #expect(abs(test.recall - test.recallWhenBuilt) <= 0.02 + 2 / Double(test.queries * test.k), "\(test)")
        #expect(try first.graphReport()?.unreachable == 0)
        #expect(try first.search([10, 20, -30], k: 4, effort: .efSearch(40)) == Self.nearest)
        #expect(try first.exactSearch([10, 20, -30], k: 4) == Self.nearest)
    }

    @Test("a file of the layout before is refused by name, with what to do")
    func before() throws {
        let path = RepositoryRoot.path("Tests/VectorIndexTests/Golden/layout-a.nxi")
        for verification in [Verification.full, .fast] {
            let error = #expect(throws: VectorIndexError.self) { try Snapshot(path: path, verification: verification) }
            #expect(error?.code == .unsupportedVersion && error?.section == "header" && error?.offset == 48)
            #expect(error?.message.contains("layout A, code kind 1") == true)
            #expect(error?.remedy.contains("index-tool build") == true && error?.file == path)
        }
    }
}
