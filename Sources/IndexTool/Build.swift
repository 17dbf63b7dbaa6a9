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
            A vector's id is its row, from 0. Rows from Postgres are those of one moment, streamed by COPY, and keep their own ids.

            The same vectors, parameters and seed give the same bytes at any number of threads. An index that was there is \
            kept as <output>.previous; a file that is no index is never overwritten.
            """)

    @Option(help: ArgumentHelp("The file of vectors: .npy or .fvecs.", valueName: "file"))
    var input: String?

    @OptionGroup(title: "Postgres") var database: DatabaseOptions

    @Option(
        help: ArgumentHelp(
            "Labels of the vectors of --input, for filtered searches: a line a row, field=value with tabs between.",
            valueName: "file"))
    var labels: String?

    @Option(help: "How nearness is measured: cosine, ip (inner product) or l2 (Euclidean distance).")
    var metric = MetricName.cosine

    @Option(help: ArgumentHelp("The index file to write.", valueName: "file"))
    var output: String

    @OptionGroup(title: "Graph") var graph: GraphOptions

    @Option(help: "Name of the model that the vectors come from, stored in the file: at most 128 bytes.")
    var modelFingerprint = ""

    @Flag(help: "Print one JSON object.")
    var json = false

    /// The engine's limit, which is looked at before any vector is read.
    private static let dimensionsMax = 4096

    func validate() throws {
        if input != nil {
            guard !database.areGiven else {
                throw ValidationError(
                    "--input names a file, and --database-url, --organization and --kind a database: give one of them.")
            }
        } else {
            guard labels == nil else { throw ValidationError("--labels are those of --input, which is not given.") }
            _ = try place()
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
                let filled = try await filledBuilder(try place())
                var line = filled.line
                try write(filled.builder, &line) { Text.seconds(clock.now - started) }
            }
        }
    }

    private func place() throws -> PostgresSource.Place {
        try database.source("Say where the vectors are: --input, or --organization and --kind with --database-url.")
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
        guard (1...Self.dimensionsMax).contains(vectors.dimensions) else {
            throw VectorIndexError(
                .invalidParameter, "its vectors have \(vectors.dimensions) dimensions",
                remedy: "Use vectors of 1 to \(Self.dimensionsMax) dimensions.", file: vectors.path)
        }
        var builder = SnapshotBuilder(
            dimensions: vectors.dimensions, metric: metric.metric, parameters: graph.parameters(modelFingerprint))
        builder.reserveCapacity(vectors.count)
        let labels =
            try self.labels.map { path throws(VectorIndexError) in try LabelFile(path: path, rows: vectors.count).labels
            }
        try vectors.forEach { row, vector throws(VectorIndexError) in
            do throws(VectorIndexError) {
                try builder.add(id: UInt64(row), vector: vector, labels: labels?[row] ?? [])
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

    private struct Reading: Sendable {
        var builder: SnapshotBuilder
        var line: ProgressLine
    }

    /// Rows go from the connection into the builder one by one: no vector is held twice.
    private func filledBuilder(_ place: PostgresSource.Place) async throws -> Reading {
        let given = graph.parameters(modelFingerprint)
        let metric = metric.metric
        return try await PostgresSource.with(place) { source in
            let survey = try await source.survey()
            guard survey.models.count <= 1 else {
                let names = survey.models.map(\.name).joined(separator: ", ")
                throw VectorIndexError(
                    .fingerprintMismatch, "the rows hold vectors of \(survey.models.count) models: \(names)",
                    remedy: "Let the server embed all rows anew with one model first.")
            }
            guard let (model, rows) = survey.models.first, let dimensions = survey.dimensions else {
                throw VectorIndexError(
                    .notFound,
                    "organisation \(place.organization) has no embedded rows of kind \(place.kind.rawValue)",
                    remedy: "Wait until the server has embedded some, or name another organisation or kind.")
            }
            var parameters = given
            parameters.sourceVersion = survey.version
            parameters.modelFingerprint = model
            return try await source.fold(
                into: Reading(
                    builder: SnapshotBuilder(dimensions: dimensions, metric: metric, parameters: parameters),
                    line: ProgressLine(vectors: rows))
            ) { reading, id, vector in
                if reading.builder.count == 0 { reading.builder.reserveCapacity(rows) }
                do throws(VectorIndexError) {
                    try reading.builder.add(id: id, vector: vector)
                } catch {
                    var located = error
                    located.message += " (id \(id))"
                    throw located
                }
                reading.line.show("reading", done: reading.builder.count, total: rows)
            }
        }
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
