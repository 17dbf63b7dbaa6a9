import ArgumentParser
import VectorIndex

/// `index-tool embed`: lines of text to a table of vectors, for measuring and for `build`.
struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Embed each line of a text file and write the vectors as a .npy file.")

    @Option(help: ArgumentHelp("A UTF-8 file with one text a line.", valueName: "file"))
    var lines: String

    @Option(help: ArgumentHelp("The .npy file to write.", valueName: "file"))
    var output: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads, up to 1024; 0 means one per processor.", valueName: "count"))
    var threads = 0

    @OptionGroup var model: ModelOption

    func validate() throws {
        guard output.hasSuffix(".npy") else { throw ValidationError("--output is \"\(output)\"; name a .npy file.") }
        guard (0...1024).contains(threads) else { throw ValidationError("--threads is \(threads); use 0 to 1024.") }
    }

    func run() throws {
        try ToolFailure.reported {
            try OutputFile.check(output)
            let texts = try MappedFile(path: lines).lines()
            let embedder = try TextModel(directory: model.directory)
            var line = ProgressLine(vectors: texts.count)
            var vectors: [[Float]] = []
            vectors.reserveCapacity(texts.count)
            let perStep = 4096
            for start in stride(from: 0, to: texts.count, by: perStep) {
                vectors += embedder.embed(
                    Array(texts[start..<min(start + perStep, texts.count)]),
                    threads: threads > 0 ? threads : Environment.processors)
                line.show("embedding", done: vectors.count, total: texts.count)
            }
            line.clear()
            try NpyFile.write(count: vectors.count, dimensions: embedder.dimensions, to: output) { vectors[$0] }
            print(
                "\(output): \(Text.grouped(vectors.count)) vectors of \(embedder.dimensions) dimensions, model \(embedder.fingerprint)"
            )
        }
    }
}

extension MappedFile {
    /// The lines of a text file that are not empty. A method, so that the mapping outlives the reading of its bytes.
    fileprivate func lines() -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
