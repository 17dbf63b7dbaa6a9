import ArgumentParser
import VectorIndex

/// A metric's name on the command line.
enum MetricName: String, ExpressibleByArgument, CaseIterable {
    case cosine, ip, l2

    var metric: Metric {
        switch self {
        case .cosine: .cosine
        case .ip: .innerProduct
        case .l2: .squaredL2
        }
    }
}

/// `index-tool build`: vectors in, one verified index file out.
struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build an index file from vectors.",
        discussion: """
            Vectors come from a file (--input) or from Postgres (--database-url, --organization and --kind).

            A .npy file holds 16, 32 or 64-bit floats, one row a vector, in C or Fortran order; an .fvecs file 32-bit floats. \
            A vector's id is its row, from 0. Rows from Postgres keep their own ids.

            The same vectors, parameters and seed give the same bytes at any number of threads. An index that was there is \
            kept as <output>.previous; a file that is no index is never overwritten.
            """)

    @Option(help: ArgumentHelp("The file of vectors: .npy or .fvecs.", valueName: "file"))
    var input: String?

    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp("The database to read from; DATABASE_URL when not given.", valueName: "url"))
    var databaseURL: String?

    @Option(help: ArgumentHelp("The organisation's number.", valueName: "number"))
    var organization: Int64?

    @Option(help: "Which rows: kb (passages of the knowledge base) or decided (decided tickets).")
    var kind: PostgresSource.Kind?

    @Option(help: "How nearness is measured: cosine, ip (inner product) or l2 (Euclidean distance).")
    var metric = MetricName.cosine

    @Option(help: ArgumentHelp("The index file to write.", valueName: "file"))
    var output: String

    @OptionGroup(title: "Graph") var graph: GraphOptions

    @Option(help: "Name of the model that the vectors come from, stored in the file: at most 128 bytes.")
    var modelFingerprint = ""

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if input != nil {
            guard databaseURL == nil, organization == nil, kind == nil else {
                throw ValidationError(
                    "--input names a file, and --database-url, --organization and --kind a database: give one of them.")
            }
        } else {
            guard organization != nil, kind != nil else {
                throw ValidationError(
                    "Say where the vectors are: --input, or --organization and --kind with --database-url.")
            }
        }
        guard modelFingerprint.utf8.count <= 128 else {
            throw ValidationError("--model-fingerprint has \(modelFingerprint.utf8.count) bytes; use at most 128.")
        }
    }

    func run() async throws {
        try await ToolFailure.reportedAsynchronously {
            try OutputFile.checkIndex(output)
            let clock = ContinuousClock()
            let started = clock.now
            if let input {
                let vectors = try VectorFile(path: input)
                var line = ProgressLine(vectors: vectors.count)
                let builder = try filledBuilder(vectors, &line)
                try write(builder, &line) { Text.seconds(clock.now - started) }
            } else {
                let (builder, read) = try await filledBuilder()
                var line = ProgressLine(vectors: builder.count)
                line.show("reading", done: read, total: read)
                try write(builder, &line) { Text.seconds(clock.now - started) }
            }
        }
    }

    // MARK: Reading

    private func filledBuilder(
        _ vectors: VectorFile, _ line: inout ProgressLine
    ) throws(VectorIndexError) -> SnapshotBuilder {
        guard vectors.count > 0 else {
            throw VectorIndexError(
                .invalidParameter, "the file holds no vectors", remedy: "Give a file with at least one row.",
                file: vectors.path)
        }
        var builder = SnapshotBuilder(
            dimensions: vectors.dimensions, metric: metric.metric, parameters: graph.parameters(modelFingerprint))
        builder.reserveCapacity(vectors.count)
        try vectors.forEach { row, vector throws(VectorIndexError) in
            do throws(VectorIndexError) {
                try builder.add(id: UInt64(row), vector: vector)
            } catch {
                var located = error
                located.file = vectors.path
                located.message += " (row \(row))"
                throw located
            }
            line.show("reading", done: row + 1, total: vectors.count)
        }
        return builder
    }

    /// - Returns: the builder, and how many rows were read.
    private func filledBuilder() async throws -> (SnapshotBuilder, Int) {
        guard let organization, let kind, let url = databaseURL ?? Environment.value("DATABASE_URL") else {
            throw ValidationError("No database is named: give --database-url or set DATABASE_URL.")
        }
        let contents = try await PostgresSource.contents(url: url, organization: organization, kind: kind)
        var parameters = graph.parameters(modelFingerprint)
        parameters.sourceVersion = contents.version
        if let model = contents.model { parameters.modelFingerprint = model }
        guard let dimensions = contents.vectors.first?.count else {
            throw VectorIndexError(
                .notFound, "organisation \(organization) has no embedded rows of kind \(kind.rawValue)",
                remedy: "Wait until the server has embedded some, or name another organisation or kind.")
        }
        var builder = SnapshotBuilder(dimensions: dimensions, metric: metric.metric, parameters: parameters)
        builder.reserveCapacity(contents.vectors.count)
        for (id, vector) in zip(contents.ids, contents.vectors) {
            do throws(VectorIndexError) {
                try builder.add(id: id, vector: vector)
            } catch {
                var located = error
                located.message += " (id \(id))"
                throw located
            }
        }
        return (builder, contents.ids.count)
    }

    // MARK: Writing

    private func write(
        _ builder: SnapshotBuilder, _ line: inout ProgressLine, seconds: () -> Double
    ) throws(VectorIndexError) {
        let info = try builder.write(to: output) { line.show($0.phase.rawValue, done: $0.done, total: $0.total) }
        line.clear()
        let total = seconds()
        let rate = Double(builder.count) / max(total, 1e-9)
        let memory = PeakMemory.bytes
        guard !json else { return print(Self.json(output, info, total, rate, memory, line)) }
        print(
            "\(output): \(Text.grouped(info.count)) vectors of \(info.dimensions) dimensions, \(info.metric.name),"
                + " \(Text.grouped(info.bytes)) bytes, content \(info.contentHash.prefix(16))")
        let phases = line.seconds.filter { $0.seconds >= 0.05 }.map { "\($0.phase) \(Text.fixed($0.seconds, 1)) s" }
        print(
            "built and verified in \(Text.fixed(total, 1)) s: \(Text.grouped(rate)) vectors/s, peak memory"
                + " \(Text.mebibytes(memory))" + (phases.isEmpty ? "" : " (\(phases.joined(separator: ", ")))"))
    }

    private static func json(
        _ output: String, _ info: SnapshotInfo, _ seconds: Double, _ rate: Double, _ memory: Int, _ line: ProgressLine
    ) -> String {
        var object = JSONObject()
        object.add("file", output)
        object.add("count", info.count)
        object.add("nodes", info.nodes)
        object.add("dimensions", info.dimensions)
        object.add("metric", info.metric.name)
        object.add("bytes", info.bytes)
        object.add("contentHash", info.contentHash)
        object.add("seconds", seconds, decimals: 3)
        object.add("vectorsPerSecond", rate, decimals: 1)
        object.add("peakResidentBytes", memory)
        var phases = JSONObject()
        for (phase, seconds) in line.seconds { phases.add(phase, seconds, decimals: 3) }
        object.add("phaseSeconds", phases)
        return "\(object)"
    }
}
