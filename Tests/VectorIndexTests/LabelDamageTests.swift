import Foundation
import TestSupport
import Testing
import VectorIndex

@Suite("Damaged labels")
struct LabelDamageTests {
    /// A file with a graph, groups and labels.
    static let sound: TestFile = {
        do {
            var source = ClusteredVectors(dimensions: 16, seed: 231)
            var builder = SnapshotBuilder(
                dimensions: 16, metric: .cosine, parameters: BuildParameters(exactScanMax: 0))
            let vectors = source.next(300)
            for (i, vector) in (vectors + vectors.prefix(20)).enumerated() {
                try builder.add(
                    id: UInt64(i), vector: vector,
                    labels: [Label("é", "\(i % 7)"), Label("team", i % 2 == 0 ? "b" : "a")])
            }
            let path = try Fixture.path()
            try builder.write(to: path)
            return TestFile(try Fixture.bytes(path))
        } catch {
            preconditionFailure("the sound file cannot be built: \(error)")
        }
    }()

    /// Opens the bytes as a file and uses all that labels are used for; nil when nothing is wrong.
    private func refusal(of file: TestFile, _ verification: Verification = .full) throws -> VectorIndexError? {
        let path = try Fixture.path()
        try Fixture.write(file.bytes, to: path)
        defer { unlink(path) }
        do {
            let snapshot = try Snapshot(path: path, verification: verification)
            let query = [Float](repeating: 0.1, count: 16)
            let listed = try snapshot.labels.prefix(40)
            for (label, _) in listed {
                #expect(label.field.utf8.count <= 3 * Label.bytesMax && label.value.utf8.count <= 3 * Label.bytesMax)
            }
            for label in [Label("team", "a"), Label("é", "3"), Label("no", "no")] {
                for filter in [SearchFilter(.labeled([label])), SearchFilter(.unlabeled([label]))] {
                    let selection = try snapshot.selection(filter)
                    #expect(selection.count <= snapshot.info.count)
                    for k in [2, 400] {
                        let found = try snapshot.search(query, k: k, within: selection)
                        // Of damaged groups a position may be in none, or in several.
                        #expect(found.count <= k)
                    }
                }
            }
            _ = try LiveSnapshot(snapshot).applying([.remove(id: 3)], version: 1)
                .search(query, k: 3, where: .field("team", "a"))
            return nil
        } catch {
            #expect(error.file == path && !error.remedy.isEmpty)
            return error
        }
    }

    /// One number of the sections set to what it cannot be.
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var section: String
        /// From the section's start, bytes and value.
        var at: Int
        var width: Int
        var value: Int
        /// Where the engine should see it; the same place when nil.
        var seen: (section: String, offset: Int)?

        var testDescription: String { name }
    }

    /// LBLS begins with team a (160 positions), team b (160), é 0 (46), …; LBLT with `teamateamb` and two bytes of é.
    static let faults = [
        Fault(name: "no postings", section: "LBLS", at: 0, width: 8, value: 0),
        Fault(name: "postings before those of the label before", section: "LBLS", at: 16, width: 8, value: 159),
        Fault(name: "postings beyond the end", section: "LBLS", at: 128, width: 8, value: 641),
        Fault(name: "postings whose bytes overflow", section: "LBLS", at: 0, width: 8, value: 1 << 62),
        Fault(name: "postings as many as can be written", section: "LBLS", at: 128, width: 8, value: -1),
        Fault(
            name: "text beyond the end", section: "LBLS", at: 128 + 8, width: 4, value: 0xFFFF_FFFF),
        Fault(name: "text before that of the label before", section: "LBLS", at: 16 + 8, width: 4, value: 4),
        Fault(
            name: "no field", section: "LBLS", at: 12, width: 4, value: 0, seen: ("LBLS", 8)),
        Fault(
            name: "a field longer than the text", section: "LBLS", at: 12, width: 4, value: 6, seen: ("LBLS", 8)),
        Fault(
            name: "a field as long as can be written", section: "LBLS", at: 12, width: 4, value: 0xFFFF_FFFF,
            seen: ("LBLS", 8)),
        Fault(
            name: "a field that ends inside a character", section: "LBLS", at: 32 + 12, width: 4, value: 1,
            seen: ("LBLT", 10)),
        Fault(name: "a field that is not UTF-8", section: "LBLT", at: 0, width: 1, value: 0xFF),
        Fault(name: "a value that is not UTF-8", section: "LBLT", at: 4, width: 1, value: 0xC3),
        Fault(
            name: "labels that descend", section: "LBLT", at: 4, width: 1, value: 0x63, seen: ("LBLS", 16)),
        Fault(name: "labels that are equal", section: "LBLT", at: 4, width: 1, value: 0x62, seen: ("LBLS", 16)),
        Fault(name: "a position beyond the end", section: "LBLP", at: 4 * 159, width: 4, value: 320),
        Fault(name: "a position that is no number of ours", section: "LBLP", at: 0, width: 4, value: 0xFFFF_FFFF),
        Fault(name: "a position twice", section: "LBLP", at: 4 * 160, width: 4, value: 319, seen: ("LBLP", 4 * 161)),
    ]

    @Test("the file itself is sound, and holds what was added")
    func baseline() throws {
        #expect(try refusal(of: Self.sound) == nil)
        #expect(try refusal(of: Self.sound, .fast) == nil)
        let labels = LabelFile.read(Self.sound)
        #expect(labels.map(\.field) == ["team", "team"] + [String](repeating: "é", count: 7))
        #expect(labels.map(\.value) == ["a", "b", "0", "1", "2", "3", "4", "5", "6"])
        for (value, ids) in labels.prefix(2).map({ ($0.value, $0.ids) }) {
            #expect(ids.sorted() == Array(stride(from: value == "a" ? 1 : 0, to: 320, by: 2)))
        }
        for label in labels.dropFirst(2) {
            #expect(label.ids.sorted() == (0..<320).filter { "\($0 % 7)" == label.value })
        }
    }

    @Test("each fault is named by its section and place, with checksums made to fit", arguments: faults)
    func named(fault: Fault) throws {
        var file = Self.sound
        file.set(try #require(file.section(fault.section)).offset + fault.at, fault.width, fault.value)
        file.seal()
        let error = try #require(try refusal(of: file))
        let seen = fault.seen ?? (fault.section, fault.at)
        #expect(error.code == .damaged && error.section == seen.0, "\(error)")
        #expect(error.offset == UInt64(try #require(file.section(seen.0)).offset + seen.1), "\(error)")
        // Fast, nobody looks; and nothing leaves the file.
        #expect(try refusal(of: file, .fast) == nil)
    }

    @Test("text and postings that no label has are refused", arguments: ["LBLT", "LBLP"])
    func leftOver(tag: String) throws {
        var file = Self.sound
        let section = try #require(file.section(tag))
        file.replaceSection(
            tag, with: Array(file.bytes[section.range]) + [0, 0, 0, 0], stride: tag == "LBLP" ? 4 : 1)
        let error = try #require(try refusal(of: file))
        let entries = try #require(file.section("LBLS"))
        #expect(error.code == .damaged && error.section == "LBLS")
        #expect(error.offset == UInt64(entries.offset + entries.length))
        #expect(try refusal(of: file, .fast) == nil)
    }

    @Test("a field or value longer than a label may have is refused", arguments: [1_025, 1_000_000])
    func tooLong(bytes: Int) throws {
        for fieldBytes in [1, bytes] {
            var file = Self.sound
            let text = [UInt8](repeating: 0x61, count: fieldBytes == 1 ? bytes + 1 : bytes)
            var entry = TestFile([UInt8](repeating: 0, count: 16))
            entry.set(0, 8, 1)
            entry.set(8, 4, text.count)
            entry.set(12, 4, fieldBytes)
            file.replaceSection("LBLS", with: entry.bytes, stride: 16)
            file.replaceSection("LBLT", with: text, stride: 1)
            file.replaceSection("LBLP", with: [0, 0, 0, 0], stride: 4)
            let error = try #require(try refusal(of: file))
            #expect(error.code == .damaged && error.section == "LBLT")
            #expect(error.offset == UInt64(try #require(file.section("LBLT")).offset + (fieldBytes == 1 ? 1 : 0)))
            #expect(try refusal(of: file, .fast) == nil)
        }
    }

    @Test(
        "one of the three missing, of another version or stride is refused, however it is opened",
        arguments: LabelFile.tags)
    func incomplete(tag: String) throws {
        for verification in [Verification.full, .fast] {
            var file = Self.sound
            file.removeSection(tag)
            let missing = try #require(try refusal(of: file, verification))
            #expect(missing.code == .damaged && missing.section == tag && missing.message.contains("missing"))

            // Passing over labels of a newer version would let everyone see what they keep apart.
            file = Self.sound
            file.set(try #require(file.tableEntry(tag)) + 4, 2, 2)
            file.seal()
            let newer = try #require(try refusal(of: file, verification))
            #expect(newer.code == .unsupportedVersion && newer.section == tag)

            file = Self.sound
            file.set(try #require(file.tableEntry(tag)) + 24, 8, 8)
            file.seal()
            let stride = try #require(try refusal(of: file, verification))
            #expect(stride.code == .damaged && stride.section == tag && stride.message.contains("stride"))
        }
        var file = Self.sound
        for tag in LabelFile.tags { file.removeSection(tag) }
        #expect(try refusal(of: file) == nil)
    }

    @Test("all three of a newer version are refused, too, and not passed over")
    func newer() throws {
        var file = Self.sound
        for tag in LabelFile.tags { file.set(try #require(file.tableEntry(tag)) + 4, 2, 2) }
        file.seal()
        #expect(try refusal(of: file)?.code == .unsupportedVersion)
    }

    @Test("a section that ends inside an element is refused", arguments: [("LBLS", 16), ("LBLP", 4)])
    func broken(tag: String, stride: Int) throws {
        var file = Self.sound
        let section = try #require(file.section(tag))
        file.replaceSection(tag, with: Array(file.bytes[section.range].dropLast()), stride: stride)
        for verification in [Verification.full, .fast] {
            let error = try #require(try refusal(of: file, verification))
            #expect(error.code == .damaged && error.section == tag)
        }
    }

    @Test("empty sections are labels that nobody has")
    func empty() throws {
        var file = Self.sound
        for (tag, stride) in zip(LabelFile.tags, [16, 1, 4]) { file.replaceSection(tag, with: [], stride: stride) }
        #expect(try refusal(of: file) == nil)
    }

    @Test("whatever stands in the sections, a fast opening and the searches after it stay inside")
    func fastOpening() throws {
        var random = SplitMix64(seed: 232)
        for round in 0..<300 {
            var file = Self.sound
            for tag in LabelFile.tags + (round % 3 == 0 ? ["GRPS", "IDOR"] : []) {
                let section = try #require(file.section(tag))
                for _ in 0..<1 + random.next(below: 30) {
                    file.bytes[section.offset + random.next(below: section.length)] =
                        random.next(below: 3) == 0 ? 0xFF : UInt8(truncatingIfNeeded: random.next())
                }
            }
            #expect(try refusal(of: file, .fast) == nil)
        }
        for tag in LabelFile.tags {
            for byte: UInt8 in [0, 0x7F, 0xFF] {
                var file = Self.sound
                for i in try #require(file.section(tag)).range { file.bytes[i] = byte }
                #expect(try refusal(of: file, .fast) == nil)
            }
        }
    }
}
