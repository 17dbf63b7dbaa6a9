import Foundation
import TestSupport
import Testing
import VectorIndex

@Suite("The committed file with labels")
struct LabelFileTests {
    private let path = RepositoryRoot.path("Tests/VectorIndexTests/Golden/format-1-labels.nxi")

    @Test("building it again gives the same bytes")
    func sameBytes() throws {
        let rebuilt = try Fixture.path()
        _ = try LabelFile.build(to: rebuilt)
        // As in `GoldenTests`: after a deliberate change of the format.
        if ProcessInfo.processInfo.environment["NEXIFY_RENEW_GOLDEN"] == "1" {
            try Fixture.write(Fixture.bytes(rebuilt), to: path)
        }
        #expect(try Fixture.bytes(rebuilt) == Fixture.bytes(path))
    }

    @Test("its sections hold what docs/INDEX_FORMAT.md says")
    func sections() throws {
        let file = TestFile(try Fixture.bytes(path))
        #expect(file.sections.map(\.tag) == ["EXCT", "IDS ", "IDOR", "GRPS", "LBLS", "LBLT", "LBLP"])
        let expected: [(String, String, Set<Int>)] = [
            ("language", "de", [20, 40, 50]), ("language", "en", [10]), ("sprache", "français", [60]),
            ("team", "", [50]), ("team", "billing", [10, 40]), ("team", "sales", [10]),
        ]
        let found = LabelFile.read(file)
        #expect(found.map(\.field) == expected.map(\.0) && found.map(\.value) == expected.map(\.1))
        #expect(found.map { Set($0.ids) } == expected.map(\.2))
        #expect(found.map(\.ids.count) == expected.map(\.2.count))
    }

    @Test("it opens, lists its labels and finds by them")
    func answers() throws {
        let snapshot = try Snapshot(path: path)
        try snapshot.verifyContentHash()
        #expect(snapshot.info.contentHash == Self.contentHash && snapshot.info.formatVersion == "1.0")
        #expect(try snapshot.labels.map(\.ids) == [3, 1, 1, 1, 2, 1])
        func ids(_ filter: SearchFilter) throws -> [UInt64] {
            try snapshot.search([1, 0, 0], k: 6, where: filter).map(\.id)
        }
        #expect(try ids(SearchFilter()) == [20, 60, 50, 40, 10, 30])
        #expect(try ids(.field("language", "de")) == [20, 50, 40])
        #expect(try ids(.field("language", "de", "en").and(.field("team", "billing"))) == [40, 10])
        #expect(try ids(SearchFilter(.unlabeled([Label("language", "de")]))) == [60, 10, 30])
        #expect(try ids(.field("sprache", "franc\u{327}ais")) == [])
    }

    private static let contentHash = "49e43260bb14d61683c0c265acc0d8e2ab9f4678bc143a88ef11261df19750e1"
}
