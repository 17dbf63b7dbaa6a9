import ArgumentParser
import VectorIndex

/// What shapes an index besides its vectors. The engine checks all of it again; here it is refused before any vector is
/// read.
struct GraphOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads, up to 1024; 0 means one per processor.", valueName: "count"))
    var threads = 0

    @Option(help: ArgumentHelp("The seed of everything random in a build.", valueName: "number"))
    var seed: UInt64 = 42

    @Option(help: ArgumentHelp("Neighbours per node: a multiple of 32 up to 256.", valueName: "count"))
    var degree = BuildParameters().degree

    @Option(
        help: ArgumentHelp(
            "Width of the search for a node's neighbours, 8 to 4096: larger is better and slower.", valueName: "width"))
    var efConstruction = BuildParameters().efConstruction

    @Option(
        help: ArgumentHelp("Recall that searches aim for when they do not say one, up to 1.", valueName: "share"))
    var targetRecall = BuildParameters().targetRecall

    @Option(
        help: ArgumentHelp(
            "Indexes of at most this many vectors, up to 1000000, have no graph and are scanned exactly.",
            valueName: "count"))
    var exactScanMax = BuildParameters().exactScanMax

    func validate() throws {
        func check(_ isAllowed: Bool, _ option: String, _ value: String, _ allowed: String) throws {
            guard isAllowed else { throw ValidationError("\(option) is \(value); use \(allowed).") }
        }
        try check((0...1024).contains(threads), "--threads", "\(threads)", "0 to 1024")
        try check(
            (32...256).contains(degree) && degree % 32 == 0, "--degree", "\(degree)", "a multiple of 32 up to 256")
        try check((8...4096).contains(efConstruction), "--ef-construction", "\(efConstruction)", "8 to 4096")
        try check(
            targetRecall > 0 && targetRecall <= 1, "--target-recall", "\(targetRecall)", "a share above 0 and up to 1")
        try check((0...1_000_000).contains(exactScanMax), "--exact-scan-max", "\(exactScanMax)", "0 to 1000000")
    }

    func parameters(_ modelFingerprint: String) -> BuildParameters {
        BuildParameters(
            degree: degree, efConstruction: efConstruction, targetRecall: targetRecall, exactScanMax: exactScanMax,
            seed: seed, threads: threads, modelFingerprint: modelFingerprint)
    }
}
