import ArgumentParser
import VectorIndex

/// `index-tool diff`: do two index files hold the same vectors?
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare what two index files hold.",
        discussion: """
            Both are checked in full, then compared id by id. How they were built (seed, degree and the like) is told, \
            but makes no difference.

            Exit codes: 0 they hold the same vectors under the same ids, metric and model; 1 they differ, or one is \
            unsound; 2 one could not be read.
            """)

    @Argument(help: ArgumentHelp("An index file.", valueName: "file"))
    var first: String

    @Argument(help: ArgumentHelp("Another.", valueName: "file"))
    var second: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try ToolFailure.reported {
            let snapshots = try (Snapshot(path: first), Snapshot(path: second))
            // Equal hashes stand for equal content, so they must be the files' own.
            try snapshots.0.verifyContentHash()
            try snapshots.1.verifyContentHash()
            let difference = try SnapshotDifference(snapshots.0, snapshots.1)
            print(json ? difference.json(first, second) : difference.page(first, second))
            if !difference.isSame { throw ToolFailure.unsound }
        }
    }
}
