import Foundation
import TestSupport
import Testing
import VectorIndex

@Suite("Damaged, foreign and malicious files")
struct DamageTests {
    /// A sound file with all sections: levels, groups of equal vectors, and a centre.
    static let sound: [UInt8] = {
        do {
            var source = ClusteredVectors(dimensions: 20, seed: 61)
            let vectors = source.next(400)
            let path = try Fixture.path()
            try Fixture.write(
                vectors + vectors.prefix(10), to: path, metric: .squaredL2,
                parameters: BuildParameters(exactScanMax: 0, modelFingerprint: "model"))
            return try Fixture.bytes(path)
        } catch {
            preconditionFailure("the sound file cannot be built: \(error)")
        }
    }()

    /// Opens the bytes as a file; nil when nothing is wrong.
    private func refusal(of bytes: [UInt8], _ verification: Verification = .full) throws -> VectorIndexError? {
        let path = try Fixture.path()
        try Fixture.write(bytes, to: path)
        defer { unlink(path) }
        do {
            // What opens must also be searchable without a crash.
            let snapshot = try Snapshot(path: path, verification: verification)
            let query = [Float](repeating: 0.1, count: snapshot.info.dimensions)
            _ = try snapshot.search(query, k: 10, effort: .efSearch(50))
            _ = try snapshot.search(query, k: 3)
            _ = try snapshot.search(query, scoringAtLeast: -1)
            _ = try snapshot.selfTest()
            _ = try snapshot.exactSearch([query, query, query, query], k: 3)
            for id in try snapshot.ids.prefix(5) { _ = try snapshot.vector(id: id) }
            return nil
        } catch {
            #expect(error.file == path || error.file == nil)
            #expect(!error.remedy.isEmpty)
            return error
        }
    }

    @Test("the file itself is sound")
    func baseline() throws {
        #expect(try refusal(of: Self.sound) == nil)
        #expect(try refusal(of: Self.sound, .fast) == nil)
        #expect(
            TestFile(Self.sound).sections.map(\.tag) == [
                "ROWS", "UPPR", "CNTR", "CALB", "SELF", "EXCT", "IDS ", "IDOR", "GRPS",
            ])
    }

    @Test("cut at each section's start, inside it and at its end", arguments: [Verification.full, .fast])
    func truncation(verification: Verification) throws {
        var lengths = [0, 1, 7, 8, 511, 512, 4_095, 4_096]
        for section in TestFile(Self.sound).sections {
            let end = section.offset + section.length
            lengths += [
                section.offset - 1, section.offset, section.offset + 1, section.offset + section.length / 2,
                end - 1, min(end, Self.sound.count - 1), min(end + 1, Self.sound.count - 1),
            ]
        }
        var random = SplitMix64(seed: 62)
        lengths += (0..<1_000).map { _ in random.next(below: Self.sound.count) }
        for length in lengths {
            let error = try #require(
                try refusal(of: Array(Self.sound.prefix(length)), verification), "length \(length)")
            #expect(error.code == .truncated, "length \(length)")
            #expect(error.offset == UInt64(length))
            #expect(error.section != nil)
        }
        #expect(try refusal(of: Self.sound + [0], verification)?.code == .damaged)
    }

    @Test("a flipped bit in a section is named with its section")
    func namedSection() throws {
        for section in TestFile(Self.sound).sections {
            var bytes = Self.sound
            bytes[section.offset + section.length / 2] ^= 0x10
            let error = try #require(try refusal(of: bytes))
            #expect(error.code == .damaged)
            #expect(error.section == section.tag.trimmingCharacters(in: .whitespaces))
            #expect(error.offset == UInt64(section.offset))
        }
    }

    @Test("a fast opening never crashes on random damage, nor does the search after it")
    func fastOpening() throws {
        var random = SplitMix64(seed: 64)
        for _ in 0..<300 {
            var bytes = Self.sound
            for _ in 0..<20 { bytes[random.next(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            let start = 4_096 + random.next(below: bytes.count - 8_192)
            for i in start..<start + random.next(below: 4_096) { bytes[i] = 0xFF }
            _ = try refusal(of: bytes, .fast)
        }
        for section in TestFile(Self.sound).sections {
            var bytes = Self.sound
            for i in section.offset..<section.offset + section.length { bytes[i] = 0xFF }
            _ = try refusal(of: bytes, .fast)
        }
    }

    @Test("a header field set to any value, with checksums made to fit, is refused or harmless")
    func resealedHeaders() throws {
        var random = SplitMix64(seed: 65)
        let values: [UInt64] = [0, 1, 2, 3, 255, 4_096, 1 << 20, 1 << 31, 1 << 32 - 1, 1 << 62, 1 << 63, .max]
        for offset in stride(from: 8, to: 512 + 9 * 64, by: 4) where !(508..<512).contains(offset) {
            for value in values + [random.next()] {
                for width in [4, 8] where offset + width <= 4_096 {
                    var file = TestFile(Self.sound)
                    for i in 0..<width { file.bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
                    file.sealHeader()
                    _ = try refusal(of: file.bytes, .fast)
                }
            }
        }
    }

    @Test(
        "numbers that point outside, with checksums made to fit, are named",
        arguments: ["ROWS", "UPPR", "IDOR", "GRPS"])
    func resealedSections(tag: String) throws {
        var file = TestFile(Self.sound)
        let section = try #require(file.sections.first { $0.tag == tag })
        let first = tag == "ROWS" ? file.neighborsOffset : tag == "UPPR" ? 64 : 4
        let offset = section.offset + first
        for i in 0..<4 { file.bytes[offset + i] = 0xFF }
        file.seal()
        let error = try #require(try refusal(of: file.bytes))
        #expect(error.code == .damaged)
        #expect(error.section == tag)
        #expect(try #require(error.offset) >= UInt64(section.offset))
        _ = try refusal(of: file.bytes, .fast)
    }

    @Test("files that are no index are named as such")
    func foreignFiles() throws {
        #expect(try refusal(of: [])?.code == .truncated)
        #expect(try refusal(of: Array("hello".utf8))?.code == .notAnIndex)
        #expect(try refusal(of: [UInt8](repeating: 0, count: 10_000))?.code == .notAnIndex)
        for length in [1, 4_096, 1 << 20] {
            #expect(try refusal(of: [UInt8](repeating: 0, count: length))?.code == .notAnIndex)
        }
        let directory = try TestDirectory.make("index")
        // Nobody writes to the FIFO: who waited for that would wait for ever.
        #expect(mkfifo(directory + "/fifo", 0o600) == 0)
        #expect(symlink("link", directory + "/link") == 0)
        for (path, code) in [
            (directory, VectorIndexError.Code.notARegularFile), (directory + "/none", .notFound),
            ("/dev/null", .notARegularFile), ("/dev/zero", .notARegularFile), (directory + "/fifo", .notARegularFile),
            (directory + "/link", .notReadable), (directory + "/" + String(repeating: "x", count: 300), .notReadable),
            ("", .notFound),
        ] {
            let error = #expect(throws: VectorIndexError.self) { try Snapshot(path: path) }
            #expect(error?.code == code)
            #expect(error?.file == path)
        }
    }
}
