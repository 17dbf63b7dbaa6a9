import CBLAS
import Testing
import TextEmbedding

/// The embedder against the reference tokenizer and an independent forward pass in double precision.
@Suite struct GoldenTests {
    /// The instruction sets that the machine at hand has.
    static let kernels = (0..<UInt32(NEXIFY_ENCODER_ISA_COUNT)).compactMap {
        nexify_encoder_kernels_for(nexify_encoder_isa($0))?.pointee
    }

    @Test func tokenIDsAreTheReferences() throws {
        let embedder = try RealModel.embedder
        let fixture = try GoldenFixture()
        #expect(fixture.entries.count >= 200)
        for (number, entry) in fixture.entries.enumerated() {
            #expect(embedder.tokenIDs(entry.whole) == entry.ids, "text \(number), \(entry.text) × \(entry.times)")
        }
        // The fixture reaches the limit from both sides.
        let lengths = Set(fixture.entries.map(\.ids.count))
        #expect(lengths.isSuperset(of: [2, 254, 255, 256]) && lengths.max() == 256)
    }

    @Test(arguments: kernels.indices)
    func vectorsAreTheReferences(kernel: Int) throws {
        let kernels = Self.kernels[kernel]
        let embedder = try MiniLMEmbedder(
            modelDirectory: RealModel.directory, verifyChecksum: false, kernels: kernels)
        let fixture = try GoldenFixture()
        let vectors = embedder.embed(fixture.entries.map(\.whole))
        #expect(vectors.count == fixture.vectors.count)
        var worst = 1.0
        for (number, (vector, expected)) in zip(vectors, fixture.vectors).enumerated() {
            let cosine = dot(vector, expected)
            // 0.9999 is what is promised; a sound single-precision pass is much closer.
            #expect(cosine >= 0.999_999, "text \(number) with \(String(cString: kernels.name)) kernels")
            #expect(abs(dot(vector, vector) - 1) < 1e-5)
            worst = min(worst, cosine)
        }
        print("golden vectors, \(String(cString: kernels.name)) kernels: lowest cosine \(worst)")
    }

    @Test func knownCosines() throws {
        let vectors = try RealModel.embedder.embed([
            "That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day",
        ])
        for (other, cosine) in [(1, 0.694577), (2, 0.942915), (3, 0.256876)] {
            #expect(abs(dot(vectors[0], vectors[other]) - cosine) < 1e-4)
        }
    }
}
