import ArgumentParser
import Foundation
import Measurement
import TextEmbedding

/// `embed-latency`: one short text at a time, and many in a batch.
@main
struct EmbedLatency: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed-latency",
        abstract: "Time the embedding of one 20-token text, and of one-line texts in a batch.",
        discussion: "Tokenising is part of what is timed. peers/embed_peer.py does the same with the same weights.")

    /// 20 word pieces, and with the model's start and end markers 22 token ids; checked before anything is timed.
    static let text =
        "My card was charged twice for the same booking yesterday, please refund one charge as soon as possible"
    static let textTokens = 22

    @Option(help: ArgumentHelp("The model's folder.", valueName: "folder"))
    var model = MiniLMEmbedder.defaultModelDirectory

    @Option(help: ArgumentHelp("The demo's folder.", valueName: "folder"))
    var data = "data"

    @Option(help: "How often the one text is embedded.")
    var repetitions = 2_000

    @Option(help: "How often the batch is embedded; the median counts.")
    var rounds = 3

    @Option(help: ArgumentHelp("Write the batch's vectors here, raw f32, for the peer to compare.", valueName: "file"))
    var vectors: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Exit with an error when a target is missed.")
    var check = false

    func run() throws {
        let embedder = try MiniLMEmbedder(modelDirectory: model)
        let texts = try OneLineTexts.read(dataDirectory: data)
        guard !texts.isEmpty else {
            throw ValidationError("No texts in \(data)/knowledge-base; run this from the repository.")
        }
        let ids = embedder.tokenIDs(Self.text)
        guard ids.count == Self.textTokens else {
            throw ValidationError("The text has \(ids.count) token ids, not \(Self.textTokens).")
        }

        let machine = Machine.start()
        let single = oneByOne(embedder)
        let threads = [1, 2].map { ($0, batch(embedder, texts, threads: $0)) }
        let tokens = texts.reduce(0) { $0 + embedder.tokenIDs($1).count }
        var report = Report(
            "embed-latency", machine: machine,
            parameters: [
                "single": "20 word pieces and 2 markers, \(repetitions) calls, 1 thread",
                "batch": "\(texts.count) one-line texts, \(tokens) tokens, median of \(rounds)",
                "model": embedder.fingerprint,
            ])
        report.add("one text, median", single.median, unit: "ms", target: .atMost(10))
        report.add("one text, p99", single[0.99], unit: "ms")
        for (threads, seconds) in threads {
            report.add(
                "batch, \(threads) thread\(threads == 1 ? "" : "s")", Double(texts.count) / seconds, unit: "texts/s")
        }
        if let vectors { try write(embedder.embed(texts, threads: 2), to: vectors) }
        try report.print(asJSON: json)
        if check, let missed = TargetsMissed(report) { throw missed }
    }

    private func oneByOne(_ embedder: MiniLMEmbedder) -> Quantiles {
        let clock = ContinuousClock()
        for _ in 0..<100 { _ = embedder.embed(Self.text) }
        return Quantiles(
            (0..<max(repetitions, 1)).map { _ in clock.measure { _ = embedder.embed(Self.text) }.milliseconds })
    }

    /// - Returns: seconds, the median of all rounds.
    private func batch(_ embedder: MiniLMEmbedder, _ texts: [String], threads: Int) -> Double {
        let clock = ContinuousClock()
        _ = embedder.embed(Array(texts.prefix(64)), threads: threads)
        let times = (0..<max(rounds, 1)).map { _ in
            clock.measure { _ = embedder.embed(texts, threads: threads) }.milliseconds / 1e3
        }
        return Quantiles(times).median
    }

    private func write(_ vectors: [[Float]], to path: String) throws {
        var bytes = Data(capacity: vectors.count * 4 * 384)
        for value in vectors.joined() {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        try bytes.write(to: URL(filePath: path))
    }
}
