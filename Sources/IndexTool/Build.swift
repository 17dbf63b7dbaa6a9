import ArgumentParser
import VectorIndex

extension Metric: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }
    public var defaultValueDescription: String { name }
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

/// `index-tool build`: vectors in, one verified index file out.
struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build an index file from vectors.",
        discussion: """
            Vectors come from a .npy file (32-bit floats, one row a vector) or an .fvecs file (--input; a vector's id is its row, \
            from 0), or from Postgres (--database-url, --organization and --kind; ids are the rows' own).

            The same vectors, parameters and seed give the same bytes at any number of threads. A file that was there is kept \
            as <output>.previous.
            """)

    @Option(help: ArgumentHelp("The file of vectors: .npy or .fvecs.", valueName: "file"))
    var input: String?

    @Option(help: ArgumentHelp("The database to read from; DATABASE_URL when not given.", valueName: "url"))
    var databaseURL: String?

    @Option(help: ArgumentHelp("The organisation's number.", valueName: "number"))
    var organization: Int64?

    @Option(help: "Which rows: kb (passages of the knowledge base) or decided (decided tickets).")
    var kind: PostgresSource.Kind?

    @Option(help: "How nearness is measured: cosine, ip (inner product) or l2 (Euclidean distance).")
    var metric = Metric.cosine

    @Option(help: ArgumentHelp("The index file to write.", valueName: "file"))
    var output: String

    @Option(help: "Threads; 0 means one per processor.")
    var threads = 0

    @Option(help: "The seed of everything random in a build.")
    var seed: UInt64 = 42

    @Option(help: "Neighbours per node, a multiple of 16.")
    var degree = BuildParameters().degree

    @Option(help: "Width of the search for a node's neighbours: larger is better and slower.")
    var efConstruction = BuildParameters().efConstruction

    @Option(help: "Width that searches use when they do not say one.")
    var efSearch = BuildParameters().efSearch

    @Option(help: "Indexes of at most this many vectors have no graph and are scanned exactly.")
    var exactScanMax = BuildParameters().exactScanMax

    @Option(help: "Name of the model that the vectors come from, stored in the file.")
    var modelFingerprint = ""

    func validate() throws {
        guard (input == nil) == (organization != nil && kind != nil) else {
            throw ValidationError(
                "Say where the vectors are: --input, or --organization and --kind with --database-url.")
        }
    }

    func run() async throws {
        try await ToolFailure.reportedAsynchronously {
            let clock = ContinuousClock()
            let started = clock.now
            let builder = try await filledBuilder()
            var line = ProgressLine()
            let info = try builder.write(to: output) { line.show($0) }
            print(
                "\(output): \(Text.grouped(info.count)) vectors of \(info.dimensions) dimensions, \(Text.grouped(info.bytes)) bytes,"
                    + " built and verified in \(Text.fixed(Text.seconds(clock.now - started), 1)) s,"
                    + " content \(info.contentHash.prefix(16))")
        }
    }

    private func filledBuilder() async throws -> SnapshotBuilder {
        var parameters = BuildParameters(
            degree: degree, efConstruction: efConstruction, efSearch: efSearch, exactScanMax: exactScanMax, seed: seed,
            threads: threads, modelFingerprint: modelFingerprint)
        if let input { return try fill(from: VectorFile(path: input), named: input, parameters) }
        guard let organization, let kind, let url = databaseURL ?? Environment.value("DATABASE_URL") else {
            throw VectorIndexError(
                .invalidParameter, "no database is named", remedy: "Give --database-url or set DATABASE_URL.")
        }
        let contents = try await PostgresSource.contents(url: url, organization: organization, kind: kind)
        parameters.sourceVersion = contents.version
        if let model = contents.model { parameters.modelFingerprint = model }
        // An empty index has the dimensions of the model that the server uses when nothing else is said.
        var builder = SnapshotBuilder(
            dimensions: contents.vectors.first?.count ?? 384, metric: metric, parameters: parameters)
        for (id, vector) in zip(contents.ids, contents.vectors) { try builder.add(id: id, vector: vector) }
        return builder
    }

    private func fill(
        from vectors: VectorFile, named file: String, _ parameters: BuildParameters
    ) throws(VectorIndexError) -> SnapshotBuilder {
        var builder = SnapshotBuilder(dimensions: vectors.dimensions, metric: metric, parameters: parameters)
        builder.reserveCapacity(vectors.count)
        for row in 0..<vectors.count {
            do throws(VectorIndexError) {
                try builder.add(id: UInt64(row), vector: vectors[row])
            } catch {
                var located = error
                located.file = file
                located.message += " (row \(row))"
                throw located
            }
        }
        return builder
    }
}
