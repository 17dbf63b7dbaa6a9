import ArgumentParser
import VectorIndex

/// `index-tool verify`: is this file whole and sound?
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check an index file from end to end.",
        discussion: "Exit codes: 0 sound, 1 unsound or not an index, 2 it could not be checked (missing, not readable)."
    )

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Flag(help: "Check only the first page and all sizes, not the content.")
    var fast = false

    @Option(help: "The model that the index must have been built with.")
    var modelFingerprint: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try ToolFailure.reported {
            let clock = ContinuousClock()
            let started = clock.now
            let snapshot = try Snapshot(
                path: file, verification: fast ? .fast : .full, modelFingerprint: modelFingerprint)
            let opened = Text.seconds(clock.now - started) * 1000
            if !fast { try snapshot.verifyContentHash() }
            let total = Text.seconds(clock.now - started) * 1000
            let info = snapshot.info
            if json {
                print(
                    Text.json([
                        ("sound", "true"), ("file", Text.json(file)), ("contentHash", Text.json(info.contentHash)),
                        ("count", "\(info.count)"), ("bytes", "\(info.bytes)"), ("open_ms", Text.fixed(opened, 2)),
                        ("total_ms", Text.fixed(total, 2)),
                    ]))
            } else {
                print(
                    "\(file): sound. \(Text.grouped(info.count)) vectors, \(Text.grouped(info.bytes)) bytes, content"
                        + " \(info.contentHash.prefix(16)); opened in \(Text.fixed(opened, 1)) ms, all checks \(Text.fixed(total, 1)) ms"
                )
            }
        }
    }
}
