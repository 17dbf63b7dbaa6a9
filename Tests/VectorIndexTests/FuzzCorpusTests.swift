import Foundation
import IndexFuzz
import TestSupport
import Testing
import VectorIndex

/// The inputs that the fuzzer found worth keeping: together they reach every branch of the reader that it has reached.
@Suite("The fuzzer's corpus")
struct FuzzCorpusTests {
    private static let directory = RepositoryRoot.path("Tests/Fuzz/corpus")

    @Test("every input is refused by name or answers truly")
    func corpus() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory).sorted()
        #expect(names.count > 100, "the corpus was not found")
        let exercise = IndexExercise()
        var sound = 0
        var refused: Set<VectorIndexError.Code> = []
        var bytes = 0
        for name in names {
            let input = try Fixture.bytes("\(Self.directory)/\(name)")
            bytes += input.count
            switch input.withUnsafeBytes({ exercise.run($0) }) {
            case .sound: sound += 1
            case .refused(let code), .refusedInFull(let code): refused.insert(code)
            case .nothing: break
            }
        }
        // It is in git.
        #expect(bytes < 1 << 20)
        #expect(sound > 5)
        #expect(refused.isSuperset(of: [.damaged, .notAnIndex, .unsupportedVersion, .foreignByteOrder, .truncated]))
    }

    @Test("what the fuzzer starts from is sound, and is what was packed")
    func seeds() throws {
        let exercise = IndexExercise()
        let inputs = try SeedInputs.make { builder in
            let path = try Fixture.path()
            try builder.write(to: path)
            let file = try Fixture.bytes(path)
            // All but the content hash, which opening does not need.
            var unnamed = TestFile(file)
            for i in 128..<160 { unnamed.bytes[i] = 0 }
            unnamed.sealHeader()
            #expect(FuzzInput(packing: file).file == unnamed.bytes)
            return file
        }
        #expect(inputs.count > 50)
        for (number, input) in inputs.enumerated() {
            #expect(input.withUnsafeBytes { exercise.run($0) } == .sound, "seed \(number)")
        }
    }

    @Test("vectors that are no numbers, or longer than scores can be computed of, are refused by name")
    func impossibleVectors() throws {
        for (tag, metric) in [
            ("EXCT", Metric.cosine), ("EXCT", .innerProduct), ("EXCT", .squaredL2), ("CNTR", .squaredL2),
        ] {
            var source = ClusteredVectors(dimensions: 6, seed: 191)
            let sound = try Fixture.file(source.next(40), metric: metric)
            let section = try #require(sound.section(tag))
            for value in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1.01e18] {
                var file = sound
                file.set(section.offset + section.length - 8, value)
                file.seal()
                let error = try #require(try Fixture.refusal(of: file.bytes))
                #expect(error.code == .damaged && error.section == tag)
                #expect(try Fixture.refusal(of: file.bytes, .fast) == nil)
            }
            var longest = sound
            longest.set(section.offset + section.length - 8, Float(9.9e17))
            longest.seal()
            #expect(try Fixture.refusal(of: longest.bytes) == nil)
        }
    }
}
