import Foundation
import Testing
import TextEmbedding

/// Directories that do not hold the published model.
@Suite struct ModelDirectoryTests {
    private func open(_ directory: DamagedFile, verifyChecksum: Bool = true) -> TextEmbeddingError.Code? {
        code { _ = try MiniLMEmbedder(modelDirectory: directory.directory.path, verifyChecksum: verifyChecksum) }
    }

    @Test func aMissingModelSaysWhatToDo() throws {
        let error = #expect(throws: TextEmbeddingError.self) {
            try MiniLMEmbedder(modelDirectory: "/nonexistent/model")
        }
        #expect(error?.code == .missing)
        let text = try #require(error).description
        for part in ["/nonexistent/model/", "scripts/setup.sh", "NEXIFY_MODEL_DIR"] { #expect(text.contains(part)) }

        let file = try DamagedFile()
        #expect(open(file) == .missing)
        try file.link("vocab.txt")
        #expect(open(file) == .missing)
    }

    @Test func aDirectoryWhereAFileBelongsIsRefused() throws {
        let file = try DamagedFile()
        try file.link("vocab.txt")
        let path = file.path("model.safetensors")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(open(file) == .unreadable)
    }

    @Test func aSlashAtTheEndIsHarmless() throws {
        _ = try MiniLMEmbedder(modelDirectory: RealModel.directory + "/", verifyChecksum: false)
    }

    @Test func anotherVocabularyIsRefused() throws {
        let whole = try Data(contentsOf: URL(filePath: RealModel.directory).appending(path: "vocab.txt"))
        let lines = whole.split(separator: 0x0A).map { Data($0) }
        func joined(_ lines: [Data]) -> Data { Data(lines.flatMap { $0 + [0x0A] }) }
        var twice = lines
        twice[200] = lines[2000]
        var moved = lines
        moved.swapAt(101, 102)
        var long = lines
        long[300] = Data(repeating: 0x61, count: 300)
        var empty = lines
        empty[300] = Data()
        for bytes in [
            Data([0x0A]), whole.dropLast(), whole.prefix(100_000), joined(lines.dropLast()),
            joined(lines + [Data("x".utf8)]), joined(twice), joined(moved), joined(long), joined(empty),
            Data(repeating: 0x0A, count: 30_522),
        ] {
            let file = try DamagedFile()
            try file.link("model.safetensors")
            try file.write("vocab.txt", bytes)
            #expect(open(file, verifyChecksum: false) == .malformedVocabulary)
        }
        // Right in form, another word: only the checksum can tell.
        var other = lines
        other[2000] = Data("nexify".utf8)
        let file = try DamagedFile()
        try file.link("model.safetensors")
        try file.write("vocab.txt", joined(other))
        #expect(open(file, verifyChecksum: false) == nil)
        #expect(open(file) == .checksumMismatch)
    }

    /// The published header with one thing changed, over zeros.
    @Test func anotherModelIsRefused() throws {
        let whole = try Data(
            contentsOf: URL(filePath: RealModel.directory).appending(path: "model.safetensors"), options: .alwaysMapped)
        let length = whole.withUnsafeBytes { Int(UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
        let header = String(decoding: whole[8..<(8 + length)], as: UTF8.self)
        let data = whole.count - 8 - length

        let file = try DamagedFile()
        try file.link("vocab.txt")
        for (old, new) in [
            (#""shape":[30522,384]"#, #""shape":[384,30522]"#),
            ("encoder.layer.5.output.dense.bias", "encoder.layer.9.output.dense.bias"),
            (#""dtype":"F32","shape":[512,384]"#, #""dtype":"I32","shape":[512,384]"#),
            (#""shape":[1536,384]"#, #""shape":[384,1536]"#),
        ] {
            #expect(header.contains(old))
            _ = try file.safetensors(header.replacing(old, with: new, maxReplacements: 1), data: data)
            #expect(open(file, verifyChecksum: false) == .otherModel, "\(old)")
        }
        // The right header over zeros is sound in form, and is not the model.
        _ = try file.safetensors(header, data: data)
        #expect(open(file, verifyChecksum: false) == nil)
        #expect(open(file) == .checksumMismatch)
        // A download that broke off.
        _ = try file.safetensors(header, data: data - 1)
        #expect(open(file, verifyChecksum: false) == .malformedWeights)
    }
}
