import Foundation
import TestSupport
import Testing
import VectorIndex

@Suite("The committed file of format version 1")
struct GoldenTests {
    private let path = RepositoryRoot.path("Tests/VectorIndexTests/Golden/format-1.nxi")

    /// 200 vectors of 10 dimensions, made of integers so that any machine makes the same.
    private func build(to path: String) throws -> SnapshotInfo {
        var random = SplitMix64(seed: 71)
        var builder = SnapshotBuilder(
            dimensions: 10, metric: .cosine,
            parameters: BuildParameters(
                degree: 32, upperDegree: 8, efConstruction: 32, targetRecall: 0.9, exactScanMax: 100, seed: 7, threads: 1,
                modelFingerprint: "golden", sourceVersion: 3))
        for i in 0..<200 {
            try builder.add(id: UInt64(1_000 + i), vector: (0..<10).map { _ in Float(random.next(below: 201) - 100) })
        }
        return try builder.write(to: path)
    }

    @Test("building it again gives the same bytes")
    func sameBytes() throws {
        let rebuilt = try Fixture.path()
        _ = try build(to: rebuilt)
        // To make it anew after a deliberate change of the format: copy what this test built.
        #expect(try Fixture.bytes(rebuilt) == Fixture.bytes(path), "compare \(rebuilt) with the committed file")
    }

    @Test("it opens and answers as it always did")
    func answers() throws {
        let snapshot = try Snapshot(path: path)
        #expect(snapshot.info.count == 200 && snapshot.info.hasGraph && snapshot.info.layers == 1)
        #expect(snapshot.info.formatVersion == "1.0" && snapshot.info.seed == 7 && snapshot.info.targetRecall == 0.9)
        let found = try snapshot.search([1, 2, 3, 4, 5, -5, -4, -3, -2, -1], k: 3)
        #expect(found == (try snapshot.exactSearch([1, 2, 3, 4, 5, -5, -4, -3, -2, -1], k: 3)))
        #expect(found.map(\.id) == Self.expectedIDs)
    }

    private static let expectedIDs: [UInt64] = [1_170, 1_079, 1_089]
}
