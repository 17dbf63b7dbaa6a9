import Foundation
import Synchronization
import Testing
import TextEmbedding

/// What the interface promises of batches and threads.
@Suite struct BatchTests {
    static let texts = (0..<150).map { number in
        String(repeating: "ticket \(number) is about a late parcel. ", count: number % 23 + (number % 50 == 0 ? 40 : 0))
    }

    @Test func aTextGivesTheSameBitsAloneInABatchAndOnThreads() throws {
        let embedder = try RealModel.embedder
        let alone = Self.texts.map { embedder.embed($0) }
        #expect(embedder.embed(Self.texts) == alone)
        #expect(embedder.embed(Self.texts.reversed()) == alone.reversed())
        #expect(embedder.embed(Self.texts, threads: 2) == alone)
        #expect(embedder.embed(Self.texts, threads: 7) == alone)
    }

    @Test func manyThreadsMayCallAtOnce() throws {
        let embedder = try RealModel.embedder
        let expected = embedder.embed(Self.texts)
        let wrong = Mutex<[Int]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { number in
            for round in 0..<3 {
                let index = (number * 17 + round * 31) % Self.texts.count
                let right =
                    embedder.embed(Self.texts[index]) == expected[index]
                    && embedder.embed(Array(Self.texts[0...number]), threads: 1 + round % 2)
                        == Array(expected[0...number])
                if !right { wrong.withLock { $0.append(number) } }
            }
        }
        #expect(wrong.withLock { $0 } == [])
    }

    @Test func theEmptyBatchAndTheEmptyText() throws {
        let embedder = try RealModel.embedder
        #expect(embedder.embed([]) == [])
        #expect(embedder.tokenIDs("") == [101, 102])
        #expect(embedder.embed("").count == embedder.dimensions)
        #expect(embedder.embed("") == embedder.embed(" \u{0}\u{200B}"))
    }

    @Test func theFingerprintNamesTheWeights() throws {
        let embedder = try RealModel.embedder
        #expect(embedder.dimensions == 384)
        #expect(embedder.fingerprint == "all-MiniLM-L6-v2/sha256:53aa51172d142c89")
    }

    /// Tokenising stops where the ids do: ten megabytes cost no more than their beginning.
    @Test func aLongTextIsNotReadToItsEnd() throws {
        let embedder = try RealModel.embedder
        let text = String(repeating: "The order never came. ", count: 500_000)
        let clock = ContinuousClock()
        let fastest = (0..<5).map { _ in clock.measure { _ = embedder.tokenIDs(text) } }.min()
        #expect(try #require(fastest) < .milliseconds(5))
    }
}
