import Testing
import VectorIndex

@Suite("Sections in each other's place")
struct SwappedSectionTests {
    private static let sound = TestFile(DamageTests.sound)

    /// All pairs of the nine sections.
    private static let pairs = sound.sections.indices.flatMap { i in
        sound.sections.indices.filter { $0 > i }.map { (i, $0) }
    }

    private func expectRefused(_ file: TestFile, _ what: String, _ verifications: [Verification]) throws {
        for verification in verifications {
            let error = try #require(try Fixture.refusal(of: file.bytes, verification), "\(what)")
            #expect(error.code == .damaged, "\(what): \(error)")
            #expect(error.section != nil && error.file != nil)
        }
    }

    /// Exchanges as many bytes of each pair's lines in the table.
    private func swapLines(_ file: inout TestFile, _ pair: (Int, Int), _ range: Range<Int>) {
        for i in range {
            file.bytes.swapAt(512 + 64 * pair.0 + i, 512 + 64 * pair.1 + i)
        }
    }

    @Test("whole lines of the table, names only, places only: each is refused, with fitting checksums as well")
    func lines() throws {
        for pair in Self.pairs {
            let names = "\(Self.sound.sections[pair.0].tag) and \(Self.sound.sections[pair.1].tag)"
            for range in [0..<64, 0..<4, 8..<16, 8..<24, 0..<8] {
                var file = Self.sound
                swapLines(&file, pair, range)
                try expectRefused(file, "\(names), \(range)", [.full, .fast])
                file.sealHeader()
                try expectRefused(file, "\(names), \(range), sealed", [.full, .fast])
            }
        }
    }

    @Test("contents: each is refused, by the checksums or by what stands in them")
    func contents() throws {
        for pair in Self.pairs {
            let (a, b) = (Self.sound.sections[pair.0], Self.sound.sections[pair.1])
            // As much as fits.
            let length = min(a.length, b.length)
            var file = Self.sound
            for i in 0..<length { file.bytes.swapAt(a.offset + i, b.offset + i) }
            try expectRefused(file, "\(a.tag) and \(b.tag)", [.full])
            // With checksums that fit, whatever opens must answer within bounds.
            file.seal()
            let path = try Fixture.path()
            try Fixture.write(file.bytes, to: path)
            guard let snapshot = try? Snapshot(path: path, verification: .fast) else { continue }
            let query = [Float](repeating: 0.1, count: 20)
            #expect(try snapshot.search(query, k: 10).count <= 10)
            #expect(try snapshot.search(query, scoringAtLeast: -5).count <= 410)
            #expect(try snapshot.exactSearch(query, k: 410).count <= 410)
            for id in try snapshot.ids.prefix(20) { _ = try snapshot.vector(id: id) }
        }
    }
}
