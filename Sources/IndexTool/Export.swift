import ArgumentParser
import VectorIndex

/// `index-tool export`: an index's vectors as files that numerical tools read.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write an index's vectors, and their ids, as .npy files.",
        discussion: """
            The vectors stand by ascending id, as they were added; under cosine they are of unit length. The index is \
            checked in full first.
            """)

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The .npy file to write: 32-bit floats, one row a vector.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("A .npy file for the rows' ids: unsigned 64-bit numbers.", valueName: "file"))
    var ids: String?

    func validate() throws {
        for (option, path) in [("--output", output), ("--ids", ids)] {
            if let path, !path.hasSuffix(".npy") {
                throw ValidationError("\(option) is \"\(path)\"; name a .npy file.")
            }
        }
        guard output != ids else { throw ValidationError("--output and --ids name one file; name two.") }
    }

    func run() throws {
        try ToolFailure.reported {
            for path in [output, ids].compactMap(\.self) { try OutputFile.check(path) }
            let snapshot = try Snapshot(path: file)
            let all = try snapshot.ids
            var line = ProgressLine(vectors: all.count)
            try NpyFile.write(count: all.count, dimensions: snapshot.info.dimensions, to: output) {
                row throws(VectorIndexError) in
                if row % 4096 == 4095 { line.show("writing", done: row + 1, total: all.count) }
                // A full verification has shown that every id has a vector.
                return try snapshot.vector(id: all[row]) ?? []
            }
            line.clear()
            if let ids { try NpyFile.write(ids: all, to: ids) }
            print(
                "\(output): \(Text.grouped(all.count)) vectors of \(snapshot.info.dimensions) dimensions"
                    + (ids.map { ", their ids in \($0)" } ?? ""))
        }
    }
}
