import ArgumentParser
import VectorIndex

extension Metric: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }
    public var defaultValueDescription: String { name }
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

/// `index-tool build`: vectors in, one verified index file out.
struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build an index file from vectors.",
        discussion: """
            Vectors come from a .npy file (32-bit floats, one row a vector) or an .fvecs file; a vector's id is its row, from 0.
            The same vectors, parameters and seed give the same bytes at any number of threads. A file that was there is kept \
            as <output>.previous.
            """)

    @Option(help: ArgumentHelp("The file of vectors: .npy or .fvecs.", valueName: "file"))
    var input: String

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

    func run() throws {
        try ToolFailure.reported {
            let clock = ContinuousClock()
            let started = clock.now
            let vectors = try VectorFile(path: input)
            let parameters = BuildParameters(
                degree: degree, efConstruction: efConstruction, efSearch: efSearch, exactScanMax: exactScanMax, seed: seed,
                threads: threads, modelFingerprint: modelFingerprint)
            var builder = try SnapshotBuilder(dimensions: vectors.dimensions, metric: metric, parameters: parameters)
            builder.reserveCapacity(vectors.count)
            for row in 0..<vectors.count {
                do throws(VectorIndexError) {
                    try builder.add(id: UInt64(row), vector: vectors[row])
                } catch {
                    var located = error
                    located.file = input
                    located.message += " (row \(row))"
                    throw located
                }
            }
            var line = ProgressLine()
            let info = try builder.write(to: output) { line.show($0) }
            print(
                "\(output): \(Text.grouped(info.count)) vectors of \(info.dimensions) dimensions, \(Text.grouped(info.bytes)) bytes,"
                    + " built and verified in \(Text.fixed(Text.seconds(clock.now - started), 1)) s,"
                    + " content \(info.contentHash.prefix(16))")
        }
    }
}
