import Foundation
import Testing
import VectorIndex

/// One number of the first page.
struct HeaderField: Sendable, CustomTestStringConvertible {
    var name: String
    var offset: Int
    var width: Int
    /// Whether another value of it changes neither what is read nor what is answered.
    var isRemark = false

    var testDescription: String { name }

    /// docs/INDEX_FORMAT.md, line by line.
    static let header = [
        HeaderField(name: "signature", offset: 0, width: 8), HeaderField(name: "major version", offset: 8, width: 2),
        HeaderField(name: "minor version", offset: 10, width: 2, isRemark: true),
        HeaderField(name: "byte order", offset: 12, width: 4), HeaderField(name: "length", offset: 16, width: 8),
        HeaderField(name: "ids", offset: 24, width: 8), HeaderField(name: "nodes", offset: 32, width: 8),
        HeaderField(name: "dimensions", offset: 40, width: 4), HeaderField(name: "metric", offset: 44, width: 4),
        HeaderField(name: "code kind", offset: 48, width: 4), HeaderField(name: "code bytes", offset: 52, width: 4),
        HeaderField(name: "degree", offset: 56, width: 4), HeaderField(name: "upper degree", offset: 60, width: 4),
        HeaderField(name: "levels", offset: 64, width: 4),
        HeaderField(name: "efConstruction", offset: 68, width: 4, isRemark: true),
        HeaderField(name: "target recall", offset: 72, width: 4), HeaderField(name: "scale", offset: 76, width: 4),
        // The seed turns queries another way than the rows' codes: what is found through the graph is another matter.
        HeaderField(name: "seed", offset: 80, width: 8),
        HeaderField(name: "source version", offset: 88, width: 8, isRemark: true),
        HeaderField(name: "sections", offset: 96, width: 4),
        HeaderField(name: "scan limit", offset: 100, width: 4, isRemark: true),
        HeaderField(name: "common length", offset: 104, width: 4), HeaderField(name: "reserved", offset: 108, width: 8),
        HeaderField(name: "content hash", offset: 128, width: 8, isRemark: true),
        HeaderField(name: "fingerprint", offset: 160, width: 8, isRemark: true),
        HeaderField(name: "reserved at the end", offset: 504, width: 4),
        HeaderField(name: "checksum", offset: 508, width: 4),
    ]

    /// Of a section's line in the table.
    static let table = [
        HeaderField(name: "tag", offset: 0, width: 4), HeaderField(name: "version", offset: 4, width: 2),
        HeaderField(name: "flags", offset: 6, width: 2), HeaderField(name: "offset", offset: 8, width: 8),
        HeaderField(name: "length", offset: 16, width: 8), HeaderField(name: "stride", offset: 24, width: 8),
        HeaderField(name: "CRC", offset: 32, width: 4), HeaderField(name: "zeros", offset: 36, width: 8),
    ]
}

@Suite("Every field of the first page at 0, at its largest and at random")
struct HeaderFieldTests {
    private static let sound = TestFile(DamageTests.sound)
    private static let query = [Float](repeating: 0.1, count: 20)
    private static let truth = Result { try answers(of: sound.bytes) }

    /// All that an exact search finds, and what a search through the graph finds.
    private static func answers(of bytes: [UInt8]) throws -> (exact: [Neighbor], found: [Neighbor]) {
        let snapshot = try Snapshot(
            file: bytes.withUnsafeBytes { MappedFile(copying: $0, name: "file") }, verification: .full)
        return (try snapshot.exactSearch(query, k: 410), try snapshot.search(query, k: 10, effort: .efSearch(60)))
    }

    /// 0, all ones, and 20 random values, some of them near the one that is there.
    private static func values(_ field: HeaderField, at offset: Int) -> [Int] {
        var random = SplitMix64(seed: UInt64(offset))
        let old = sound.number(offset, field.width)
        let largest = field.width == 8 ? -1 : 1 << (8 * field.width) - 1
        let random20 = (0..<20).map { i in
            i < 6 ? old &+ random.next(below: 9) &- 4 : Int(truncatingIfNeeded: random.next()) & largest
        }
        return ([0, largest, 1 << (8 * field.width - 1)] + random20).filter { $0 & largest != old & largest }
    }

    /// A file with checksums that fit is refused by name, or answers as the sound one does.
    private static func check(_ file: TestFile, _ field: HeaderField, _ value: Int, isSealed: Bool) throws {
        let found: (exact: [Neighbor], found: [Neighbor])
        do {
            found = try answers(of: file.bytes)
        } catch let error as VectorIndexError {
            #expect(error.file == "file" && error.section != nil && !error.remedy.isEmpty, "\(field.name) = \(value)")
            #expect(!(isSealed && field.isRemark && field.name != "fingerprint"), "\(field.name) = \(value): \(error)")
            return
        }
        guard isSealed else { return #expect(Bool(false), "\(field.name) = \(value) is not found by the checksum") }
        let truth = try truth.get()
        // Another metric of the same vectors is another index, and a sound one.
        if field.name == "metric" { return }
        #expect(found.exact == truth.exact, "\(field.name) = \(value)")
        #expect(found.found.allSatisfy { truth.exact.contains($0) }, "\(field.name) = \(value)")
        if field.isRemark { #expect(found.found == truth.found, "\(field.name) = \(value)") }
    }

    @Test("of the header", arguments: HeaderField.header)
    func header(field: HeaderField) throws {
        for value in Self.values(field, at: field.offset) {
            var file = Self.sound
            file.set(field.offset, field.width, value)
            try Self.check(file, field, value, isSealed: false)
            guard field.name != "checksum" else { continue }
            file.sealHeader()
            try Self.check(file, field, value, isSealed: true)
        }
    }

    @Test("of the section table", arguments: HeaderField.table)
    func table(field: HeaderField) throws {
        for section in Self.sound.sections.indices {
            let offset = 512 + 64 * section + field.offset
            for value in Self.values(field, at: offset) {
                var file = Self.sound
                file.set(offset, field.width, value)
                try Self.check(file, field, value, isSealed: false)
                file.sealHeader()
                try Self.check(file, field, value, isSealed: true)
            }
        }
    }

    @Test("2³¹ and more ids or nodes are refused before anything is read of them")
    func counts() throws {
        for (offset, value) in [(32, 1 << 31), (24, 1 << 32), (24, 1 << 31), (32, 1 << 31 - 1)] {
            var file = Self.sound
            if offset == 32 { file.set(24, 8, value) }
            file.set(offset, 8, value)
            file.sealHeader()
            for verification in [Verification.full, .fast] {
                let error = try #require(try Fixture.refusal(of: file.bytes, verification))
                #expect(error.code == .damaged && error.file != nil && error.section != nil)
            }
        }
    }
}
