import ArgumentParser
import VectorIndex

/// `index-tool verify`: is this file whole and sound?
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check an index file from end to end.",
        discussion: """
            All checksums, every number that names a node or an id, the content hash, that every node can be reached \
            from where searches enter, and the file's own sample queries: the share of \
            their neighbours that they find must be what it was when the file was built, to about 0.02.

            Exit codes: 0 sound, 1 unsound or not an index, 2 it could not be checked (missing, not readable).
            """)

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Flag(help: "Check only the first page and all sizes, not the content.")
    var fast = false

    @Option(help: ArgumentHelp("The model that the index must have been built with.", valueName: "name"))
    var modelFingerprint: String?

    @Flag(help: "Print one JSON object, also for an unsound file.")
    var json = false

    func run() throws {
        try ToolFailure.reported {
            do throws(VectorIndexError) {
                let verdict = try check()
                print(json ? verdict.json : verdict.page)
            } catch {
                guard json else { throw error }
                // The object says it all; the exit code is that of the message.
                print(Self.json(error, file))
                throw ToolFailure.exitCode(for: error.code)
            }
        }
    }

    private func check() throws(VectorIndexError) -> Verdict {
        let clock = ContinuousClock()
        let started = clock.now
        let snapshot = try Snapshot(
            path: file, verification: fast ? .fast : .full, modelFingerprint: modelFingerprint)
        let openedSeconds = Text.seconds(clock.now - started)
        var selfTest: Snapshot.SelfTestResult?
        var graph: GraphReport?
        if !fast {
            try snapshot.verifyContentHash()
            graph = try snapshot.graphReport()
            selfTest = try snapshot.selfTest()
        }
        if let graph, let first = graph.firstUnreachable {
            throw VectorIndexError(
                .damaged,
                "\(Text.grouped(graph.unreachable)) of \(Text.grouped(snapshot.info.nodes)) nodes cannot be reached, the"
                    + " first of them node \(first)",
                remedy: "Rebuild the index with `index-tool build`.", file: file, section: "ROWS")
        }
        // Not a number is no recall.
        if let selfTest, !(abs(selfTest.recall - selfTest.recallWhenBuilt) <= Self.recallChangeMax(selfTest)) {
            throw VectorIndexError(
                .damaged,
                "the self-test finds \(Text.fixed(selfTest.recall, 4)) of the neighbours and found"
                    + " \(Text.fixed(selfTest.recallWhenBuilt, 4)) when the index was built",
                remedy:
                    "Verify the file on another machine or with NEXIFY_SIMD=scalar: the file, this machine or the program is at fault.",
                file: file)
        }
        return Verdict(
            file: file, isFast: fast, info: snapshot.info, graph: graph, selfTest: selfTest,
            openedSeconds: openedSeconds,
            totalSeconds: Text.seconds(clock.now - started))
    }

    /// The program that built the file finds what it found then, exactly; another version may walk otherwise. Beyond that
    /// something is wrong.
    private static func recallChangeMax(_ test: Snapshot.SelfTestResult) -> Double {
        // A small file has so few sample queries that two answers more or less are more than that.
        0.02 + 2 / Double(max(test.queries * test.k, 1))
    }

    private static func json(_ error: VectorIndexError, _ file: String) -> String {
        var object = JSONObject()
        if ToolFailure.exitCode(for: error.code) == ToolFailure.unsound {
            object.add("sound", false)
        } else {
            object.addNull("sound")
        }
        object.add("file", file)
        var what = JSONObject()
        what.add("code", error.code.rawValue)
        what.add("message", error.message)
        what.add("remedy", error.remedy)
        if let section = error.section { what.add("section", section) }
        if let offset = error.offset { what.add("offset", offset) }
        object.add("error", what)
        return "\(object)"
    }
}

/// What `verify` says of a sound file.
private struct Verdict {
    let file: String
    let isFast: Bool
    let info: SnapshotInfo
    let graph: GraphReport?
    let selfTest: Snapshot.SelfTestResult?
    let openedSeconds: Double
    let totalSeconds: Double

    var page: String {
        let size =
            "\(Text.grouped(info.count)) vectors, \(Text.grouped(info.bytes)) bytes, content \(info.contentHash.prefix(16))"
        let opened = "opened in \(Text.fixed(openedSeconds * 1000, 1)) ms"
        if isFast { return "\(file): first page and sizes are sound. \(size); \(opened)" }
        let test =
            selfTest.map {
                "self-test: \($0.queries) queries, recall@\($0.k) \(Text.fixed($0.recall, 4)),"
                    + " \(Text.fixed($0.recallWhenBuilt, 4)) when it was built"
            } ?? "self-test: none in the file\(info.hasGraph ? "" : ", which is scanned exactly")"
        let reached =
            graph.map { graph in
                let least = graph.nodesByNeighbors.firstIndex { $0 > 0 } ?? 0
                return "graph: every node is reached; \(Text.fixed(graph.meanNeighbors, 1)) neighbours a node, at least"
                    + " \(least)\n"
            } ?? ""
        return
            "\(file): sound. \(size); \(opened), all checks \(Text.fixed(totalSeconds * 1000, 1)) ms\n\(reached)\(test)"
    }

    var json: String {
        var object = JSONObject()
        object.add("sound", true)
        object.add("file", file)
        object.add("fast", isFast)
        object.add("contentHash", info.contentHash)
        object.add("count", info.count)
        object.add("bytes", info.bytes)
        object.add("open_ms", openedSeconds * 1000, decimals: 2)
        object.add("total_ms", totalSeconds * 1000, decimals: 2)
        if let graph {
            var one = JSONObject()
            one.add("unreachable", graph.unreachable)
            one.add("meanNeighbors", graph.meanNeighbors, decimals: 3)
            one.add("nodesByNeighbors", graph.nodesByNeighbors)
            object.add("graph", one)
        } else {
            object.addNull("graph")
        }
        if let selfTest {
            var test = JSONObject()
            test.add("queries", selfTest.queries)
            test.add("k", selfTest.k)
            test.add("recall", selfTest.recall, decimals: 6)
            test.add("recallWhenBuilt", selfTest.recallWhenBuilt, decimals: 6)
            object.add("selfTest", test)
        } else {
            object.addNull("selfTest")
        }
        return "\(object)"
    }
}
