import CBLAS
import Synchronization

/// Text to vectors with all-MiniLM-L6-v2, in this process: the same text gives the same bits, alone or in a batch.
///
/// Any number of threads may call at once; each call works on the caller's thread (and as many more as it asks for)
/// with scratch memory of its own, which is kept for the next call.
public final class MiniLMEmbedder: Sendable {
    /// Where `scripts/setup.sh` puts the model, from the working directory of the programs.
    public static let defaultModelDirectory = ".nexify/parts/models/all-MiniLM-L6-v2"

    /// Tokens that are multiplied together, in texts of which none is split: enough to use each weight well
    /// (measured: 64, 128 and 256 are equal per token), and few enough to spread a batch over threads.
    private static let groupTokensMax = 128

    /// Scratch memories kept between calls, of 3.6 MB each; those of more callers at once are freed again.
    private static let scratchesMax = 8

    /// The length of every vector.
    public let dimensions = EncoderWeights.Shape.width

    /// Which weights made a vector; vectors of different fingerprints must not be compared.
    public let fingerprint = "all-MiniLM-L6-v2/sha256:" + ModelFiles.weightsSHA256.prefix(16)

    private let tokenizer: WordPieceTokenizer
    private let encoder: Encoder
    private let scratches = Mutex<[EncoderScratch]>([])

    /// Maps the model in `modelDirectory` and checks it.
    ///
    /// Names, types, shapes and offsets are always checked, which takes about 15 ms. `verifyChecksum` reads both
    /// files through and compares them with the published SHA-256: 50 ms for the 91 MB where the processor has SHA
    /// instructions, 0.3 s where it has not, and the disk's time when they are not cached. Leave it out only for
    /// files that were verified before, as it is what makes `fingerprint` true.
    public convenience init(modelDirectory: String, verifyChecksum: Bool = true) throws(TextEmbeddingError) {
        try self.init(
            modelDirectory: modelDirectory, verifyChecksum: verifyChecksum,
            kernels: nexify_encoder_kernels_best().pointee)
    }

    /// With a given build of the kernels, for tests.
    package init(
        modelDirectory: String, verifyChecksum: Bool, kernels: nexify_encoder_kernels
    ) throws(TextEmbeddingError) {
        let vocabulary = try MappedFile(
            path: ModelFiles.path(ModelFiles.vocabulary, in: modelDirectory),
            bytesMax: ModelFiles.vocabularyBytesMax)
        let tensors = try Safetensors(
            path: ModelFiles.path(ModelFiles.weights, in: modelDirectory), bytesMax: ModelFiles.weightsBytesMax)
        tokenizer = WordPieceTokenizer(vocabulary: try Vocabulary(file: vocabulary))
        encoder = Encoder(weights: try EncoderWeights(tensors), kernels: kernels)
        if verifyChecksum {
            try ModelFiles.verify(vocabulary, sha256: ModelFiles.vocabularySHA256)
            try ModelFiles.verify(tensors.file, sha256: ModelFiles.weightsSHA256)
        }
    }

    /// The model's token ids, with its start and end markers (101, 102): 2 to 256. What is beyond is not embedded.
    public func tokenIDs(_ text: String) -> [Int32] { tokenizer.tokenIDs(text) }

    /// The text's unit vector. About 3 ms for 20 tokens, on the caller's thread.
    public func embed(_ text: String) -> [Float] { embed([text])[0] }

    /// A unit vector for each text, in their order.
    ///
    /// The texts are worked off in groups of similar length. A result does not depend on what it was embedded with,
    /// nor on `threads`.
    ///
    /// - Parameter threads: how many threads to use, the caller's included. A server with workers of its own leaves
    /// it at 1.
    /// - Complexity: O(tokens); 20 million operations a token.
    public func embed(_ texts: [String], threads: Int = 1) -> [[Float]] {
        precondition(threads > 0, "embedding takes at least one thread")
        let tokens = tokenize(texts, threads: threads)
        // Longest first, so that the last groups of several threads are short ones.
        let order = tokens.indices.sorted { (tokens[$0].count, $1) > (tokens[$1].count, $0) }
        let sorted = order.map { tokens[$0] }
        let groups = Self.groups(of: sorted)

        var vectors = [[Float]](repeating: [], count: texts.count)
        vectors.withUnsafeMutableBufferPointer { vectors in
            // Each group writes its own texts' elements only.
            nonisolated(unsafe) let vectors = vectors
            WorkQueue.run(count: groups.count, threads: threads) { number in
                let scratch = takeScratch()
                encoder.encode(sorted[groups[number]], scratch: scratch) { index, vector in
                    vectors[order[index]] = Array(UnsafeBufferPointer(start: vector, count: dimensions))
                }
                give(back: scratch)
            }
        }
        return vectors
    }

    private func tokenize(_ texts: [String], threads: Int) -> [[Int32]] {
        let chunk = 64
        var tokens = [[Int32]](repeating: [], count: texts.count)
        tokens.withUnsafeMutableBufferPointer { tokens in
            // Each chunk writes its own elements only.
            nonisolated(unsafe) let tokens = tokens
            WorkQueue.run(count: (texts.count + chunk - 1) / chunk, threads: threads) { number in
                for index in (number * chunk)..<min((number + 1) * chunk, texts.count) {
                    tokens[index] = tokenizer.tokenIDs(texts[index])
                }
            }
        }
        return tokens
    }

    /// Runs of neighbours with at most `groupTokensMax` tokens together.
    private static func groups(of texts: [[Int32]]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        var tokens = 0
        for (index, ids) in texts.enumerated() {
            if tokens + ids.count > groupTokensMax, index > start {
                groups.append(start..<index)
                (start, tokens) = (index, 0)
            }
            tokens += ids.count
        }
        if start < texts.count { groups.append(start..<texts.count) }
        return groups
    }

    private func takeScratch() -> EncoderScratch {
        scratches.withLock { $0.popLast() } ?? EncoderScratch(rows: WordPieceTokenizer.tokensMax)
    }

    private func give(back scratch: EncoderScratch) {
        scratches.withLock { if $0.count < Self.scratchesMax { $0.append(scratch) } }
    }
}
