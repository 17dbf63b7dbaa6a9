import Testing
import VectorIndex

@Suite("Files of other versions")
struct VersionTests {
    private let sound = MeasureTests.sound

    @Test("an unknown optional section is skipped, an unknown one that matters is refused by name")
    func unknownSections() throws {
        var file = sound
        file.appendSection("NEW1", [1, 2, 3], isOptional: true)
        #expect(try Fixture.refusal(of: file.bytes) == nil)
        file.appendSection("NEW2", [1, 2, 3], isOptional: false)
        for verification in [Verification.full, .fast] {
            let error = try #require(try Fixture.refusal(of: file.bytes, verification))
            #expect(error.code == .unsupportedVersion && error.section == "NEW2")
        }
    }

    @Test(
        "a known section that the header leaves no place for is refused, optional or not, whatever its length",
        arguments: ["GRPS", "CNTR", "UPPR", "ROWS"], [true, false])
    func misplacedSection(tag: String, isOptional: Bool) throws {
        // Scanned, cosine, one id a vector: no rows, no levels, no centre, no groups.
        var source = ClusteredVectors(dimensions: 30, seed: 152)
        let scanned = try Fixture.file(source.next(200), parameters: BuildParameters())
        for length in [0, 4, 120] {
            var file = scanned
            file.appendSection(tag, [UInt8](repeating: 0, count: length), isOptional: isOptional)
            for verification in [Verification.full, .fast] {
                let error = try #require(try Fixture.refusal(of: file.bytes, verification))
                #expect(error.code == .damaged && error.section == tag)
            }
        }
    }

    @Test("a known section of a newer version is refused by name", arguments: ["ROWS", "UPPR", "EXCT", "IDS ", "IDOR"])
    func newerSection(tag: String) throws {
        var file = sound
        file.set(try #require(file.tableEntry(tag)) + 4, 2, 2)
        file.seal()
        let error = try #require(try Fixture.refusal(of: file.bytes))
        #expect(error.code == .unsupportedVersion && error.section == String(tag.split(separator: " ")[0]))
        #expect(error.message.contains("version 2"))
    }

    @Test("a newer major version is refused by name, a newer minor one is read")
    func newerFormat() throws {
        var newer = sound
        newer.set(8, 2, 2)
        newer.sealHeader()
        let error = try #require(try Fixture.refusal(of: newer.bytes))
        #expect(error.code == .unsupportedVersion && error.section == "header" && error.offset == 8)
        #expect(error.message.contains("format version 2"))
        var minor = sound
        minor.set(10, 2, 9)
        minor.sealHeader()
        let path = try Fixture.path()
        try Fixture.write(minor.bytes, to: path)
        #expect(try Snapshot(path: path).info.formatVersion == "1.9")
    }

    @Test("rows coded in a way that is not known are refused by name", arguments: [1, 4, 255, Int(UInt32.max)])
    func codeKinds(kind: Int) throws {
        var file = sound
        file.set(48, 4, kind)
        file.sealHeader()
        let error = try #require(try Fixture.refusal(of: file.bytes))
        #expect(error.code == .unsupportedVersion && error.section == "header" && error.offset == 48)
        #expect(error.message.contains("code kind \(kind)"))
        #expect(error.message.contains("layout A") == (kind == 1))
        #expect(error.remedy.lowercased().contains("rebuild"))
    }

    @Test("another machine's byte order is refused by name")
    func byteOrder() throws {
        var swapped = sound
        swapped.bytes[12..<16] = [0x0A, 0x0B, 0x0C, 0x0D]
        swapped.sealHeader()
        #expect(try Fixture.refusal(of: swapped.bytes)?.code == .foreignByteOrder)
    }

    @Test(
        "a header's number that cannot be is refused by its place",
        arguments: [
            (40, 0), (40, 4_097), (44, 4), (52, 128), (56, 33), (56, 0), (56, 288), (60, 0), (60, 257), (64, 17),
            (72, 0), (72, Int(Float(1.5).bitPattern)), (72, Int(Float.nan.bitPattern)), (76, 0),
            (76, Int(Float.infinity.bitPattern)), (104, Int(Float(1).bitPattern)), (108, 1), (288, 1),
        ])
    func ranges(offset: Int, value: Int) throws {
        var file = sound
        file.set(offset, 4, value)
        file.sealHeader()
        let error = try #require(try Fixture.refusal(of: file.bytes, .fast))
        #expect(error.code == .damaged && error.section == "header" && error.offset == UInt64(offset))
    }
}
