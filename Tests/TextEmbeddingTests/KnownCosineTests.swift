import Testing
import TextEmbedding

@Suite struct KnownCosineTests {
    @Test func knownCosines() throws {
        let embedder = try MiniLMEmbedder(modelDirectory: MiniLMEmbedder.defaultModelDirectory)
        let v = embedder.embed(["That is a happy person","That is a happy dog", "That is a very happy person", "Today is a sunny day"])
        func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        print(dot(v[0], v[1]), dot(v[0], v[2]), dot(v[0], v[3]))
        print(embedder.tokenIDs("Héllo wörld, 日本 [SEP] 한국어"))
        let clock = ContinuousClock()
        let text = "the quick brown fox jumps over the lazy dog and then runs away from the big angry bear in winter"
        print(embedder.tokenIDs(text).count)
        var best = Duration.seconds(9)
        for _ in 0..<200 { best = min(best, clock.measure { _ = embedder.embed(text) }) }
        print(best)
    }
}
