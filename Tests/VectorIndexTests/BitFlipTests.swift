import Foundation
import TestSupport
import Testing
import VectorIndex

/// A file of which one byte at a time is changed in place, so that a hundred thousand files are one.
private final class ChangingFile {
    let path: String
    private let bytes: [UInt8]
    private let descriptor: CInt

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        path = try Fixture.path()
        try Fixture.write(bytes, to: path)
        descriptor = open(path, O_WRONLY)
        #expect(descriptor >= 0)
    }

    deinit { close(descriptor) }

    /// Calls `body` while one bit is another one.
    func withFlip<Result>(at offset: Int, bit: Int, _ body: (String) throws -> Result) rethrows -> Result {
        put(bytes[offset] ^ 1 << UInt8(bit), at: offset)
        defer { put(bytes[offset], at: offset) }
        return try body(path)
    }

    private func put(_ byte: UInt8, at offset: Int) {
        let written = withUnsafeBytes(of: byte) { pwrite(descriptor, $0.baseAddress, 1, off_t(offset)) }
        precondition(written == 1)
    }
}

/// Every byte of a file is covered by a checksum or must be zero, and a CRC finds every single flip: so each must be found,
/// not most of them.
@Suite("Flipped bits")
struct BitFlipTests {
    private static let sound = TestFile(DamageTests.sound)

    /// The section that a byte belongs to, padding included.
    private func section(at offset: Int) -> String {
        let section = Self.sound.sections.last { $0.offset <= offset }
        return section?.tag.trimmingCharacters(in: .whitespaces) ?? "header"
    }

    private func refusal(_ path: String) -> VectorIndexError? {
        do throws(VectorIndexError) {
            _ = try Snapshot(path: path)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "each of 25,000 is found and named with its section, four times", arguments: [181, 182, 183, 184] as [UInt64])
    func found(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let file = try ChangingFile(Self.sound.bytes)
        #expect(refusal(file.path) == nil)
        var missed: [Int] = []
        for number in 0..<25_000 {
            // One in eight in the first page, which is a small part of the file and says what all the rest is.
            let offset = random.next(below: number % 8 == 0 ? 4_096 : Self.sound.bytes.count)
            let error = file.withFlip(at: offset, bit: random.next(below: 8)) { refusal($0) }
            guard let error else {
                missed.append(offset)
                continue
            }
            let codes: Set<VectorIndexError.Code> =
                switch offset {
                case 0..<8: [.notAnIndex]
                case 8..<10: [.unsupportedVersion]
                case 12..<16: [.foreignByteOrder]
                default: [.damaged]
                }
            if !codes.contains(error.code) || error.section != section(at: offset) || error.file != file.path {
                Issue.record("offset \(offset): \(error)")
            }
        }
        #expect(missed.isEmpty, "seed \(seed)")
        #expect(refusal(file.path) == nil)
    }

    @Test("each bit of the first page and of the sections' first and last bytes is found")
    func edges() throws {
        let file = try ChangingFile(Self.sound.bytes)
        var offsets = Array(0..<4_096)
        for section in Self.sound.sections {
            offsets += [section.offset, section.offset + section.length - 1]
            // The first and the last byte of the padding.
            if section.length % 4_096 != 0 {
                offsets += [section.offset + section.length, (section.offset + section.length) | 4_095]
            }
        }
        for offset in offsets {
            for bit in 0..<8 {
                let error = file.withFlip(at: offset, bit: bit) { refusal($0) }
                if error?.section != section(at: offset) { Issue.record("offset \(offset), bit \(bit)") }
            }
        }
    }

    @Test("a fast opening finds those in the first page; with any other one searches answer with ids that are there")
    func fast() throws {
        var random = SplitMix64(seed: 185)
        let file = try ChangingFile(Self.sound.bytes)
        let scratch = SearchScratch()
        let query = [Float](repeating: 0.1, count: Self.sound.dimensions)
        for _ in 0..<10_000 {
            let offset = random.next(below: Self.sound.bytes.count)
            try file.withFlip(at: offset, bit: random.next(below: 8)) { path in
                guard let snapshot = try? Snapshot(path: path, verification: .fast) else {
                    #expect(["header", "UPPR"].contains(section(at: offset)), "offset \(offset)")
                    return
                }
                #expect(offset >= 4_096)
                let ids = Set(try snapshot.ids)
                for effort in [SearchEffort.efSearch(40), .targetRecall(0.9)] {
                    let found = try snapshot.search(query, k: 10, effort: effort, scratch: scratch)
                    #expect(found.count == 10 && ids.isSuperset(of: found.map(\.id)), "offset \(offset)")
                }
            }
        }
    }
}
