import ArgumentParser
import VectorIndex

/// `index-tool extend`: the next generation of an index, without building it anew.
struct Extend: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add vectors to an index and take some out: its graph is extended, not built anew.",
        discussion: """
            Ids that --add brings and the index has get the new vector and keep their labels. The source version stays: do not \
            extend a file that a server keeps. Ids are written one a line, or as a one-dimensional \
            .npy file; those of --remove that the index does not have change nothing.

            The same index and changes give the same bytes at any number of threads, but not those of a build of all \
            vectors: `inspect` tells how far a graph has been extended. An index of which more changes than stays, or that \
            is small, is built anew. What was at --output is kept as <output>.previous.
            """)

    @Argument(help: ArgumentHelp("The index file to extend; it is not changed.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Vectors to add: .npy or .fvecs.", valueName: "file"))
    var add: String?

    @Option(
        help: ArgumentHelp(
            "The ids of --add, one a row; without it they follow the largest id of the index.", valueName: "file"))
    var ids: String?

    @Option(help: ArgumentHelp("Ids to take out.", valueName: "file"))
    var remove: String?

    @Option(help: ArgumentHelp("The index file to write; it may be the one that is extended.", valueName: "file"))
    var output: String

    @Flag(help: "Build everything anew all the same.")
    var rebuild = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Threads, up to 1024; 0 means one per processor. Does not change the result.", valueName: "count"))
    var threads = 0

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard add != nil || remove != nil else { throw ValidationError("Give --add, --remove or both.") }
        guard ids == nil || add != nil else { throw ValidationError("--ids are those of --add, which is not given.") }
        guard (0...1024).contains(threads) else { throw ValidationError("--threads is \(threads); use 0 to 1024.") }
    }

    func run() throws {
        try ToolFailure.reported {
            try OutputFile.checkIndex(output)
            let clock = ContinuousClock()
            let started = clock.now
            let snapshot = try Snapshot(path: file)
            let changes = try changes(to: snapshot)
            let next = try LiveSnapshot(snapshot).applying(changes, version: snapshot.info.sourceVersion)
            var line = ProgressLine(vectors: next.count)
            let info = try next.write(to: output, rebuild ? .rebuilt : .automatic, threads: threads) {
                line.show($0.phase.rawValue, done: $0.done, total: $0.total)
            }
            line.clear()
            let seconds = Text.seconds(clock.now - started)
            print(json ? Self.json(output, info, seconds, line) : Self.page(output, info, seconds, line))
        }
    }

    private func changes(to snapshot: Snapshot) throws(VectorIndexError) -> [IndexChange] {
        var changes: [IndexChange] = []
        if let remove { changes = try IDFile.read(remove).map { .remove(id: $0) } }
        guard let add else { return changes }
        let vectors = try VectorFile(path: add)
        let own = try addedIDs(vectors.count, snapshot)
        let labels = try snapshot.labelsByID()
        try vectors.forEach { row, vector throws(VectorIndexError) in
            // A vector must be what a build takes.
            var check = SnapshotBuilder(dimensions: snapshot.info.dimensions, metric: snapshot.info.metric)
            do throws(VectorIndexError) {
                try check.add(id: 0, vector: vector)
            } catch {
                var located = error
                located.file = add
                located.message += " (row \(row))"
                throw located
            }
            changes.append(.set(id: own[row], vector: Array(vector), labels: labels[own[row]] ?? []))
        }
        return changes
    }

    private func addedIDs(_ count: Int, _ snapshot: Snapshot) throws(VectorIndexError) -> [UInt64] {
        guard let ids else {
            let last = try snapshot.ids.last
            let (first, noneLeft) = last?.addingReportingOverflow(1) ?? (0, false)
            guard !noneLeft, UInt64.max - first >= UInt64(count) else {
                throw VectorIndexError(
                    .tooLarge, "no \(count) ids follow the index's largest one, \(last ?? 0)",
                    remedy: "Give the new vectors ids by --ids.", file: add)
            }
            return (0..<UInt64(count)).map { first + $0 }
        }
        let own = try IDFile.read(ids)
        guard own.count == count else {
            throw VectorIndexError(
                .invalidParameter, "it holds \(own.count) ids for \(count) vectors", remedy: "Give an id for each row.",
                file: ids)
        }
        guard Set(own).count == count else {
            throw VectorIndexError(
                .duplicateID, "an id stands twice", remedy: "Give every row an id of its own.", file: ids)
        }
        return own
    }

    private static func page(_ output: String, _ info: SnapshotInfo, _ seconds: Double, _ line: ProgressLine) -> String
    {
        let phases = line.seconds.filter { $0.seconds >= 0.05 }.map { "\($0.phase) \(Text.fixed($0.seconds, 1)) s" }
        let how = info.growth.map { growth in
            "extended \(growth.generations) times since it was built: \(Text.grouped(growth.added)) nodes added,"
                + " \(Text.grouped(growth.removed)) removed"
        }
        return "\(output): \(Text.grouped(info.count)) vectors, \(Text.grouped(info.bytes)) bytes, content"
            + " \(info.contentHash.prefix(16))\n\(how ?? "built anew"), in \(Text.fixed(seconds, 1)) s"
            + (phases.isEmpty ? "" : " (\(phases.joined(separator: ", ")))")
    }

    private static func json(_ output: String, _ info: SnapshotInfo, _ seconds: Double, _ line: ProgressLine) -> String
    {
        var object = JSONObject()
        object.add("file", output)
        object.add("count", info.count)
        object.add("nodes", info.nodes)
        object.add("bytes", info.bytes)
        object.add("contentHash", info.contentHash)
        object.add(growth: info.growth)
        object.add("seconds", seconds, decimals: 3)
        var phases = JSONObject()
        for (phase, seconds) in line.seconds { phases.add(phase, seconds, decimals: 3) }
        object.add("phaseSeconds", phases)
        return "\(object)"
    }
}
