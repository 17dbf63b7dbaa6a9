import ArgumentParser
import VectorIndex

/// What `verify` found, as a page and as JSON.
struct VerifyReport {
    let file: String
    let isFast: Bool
    let info: SnapshotInfo
    var openedSeconds = 0.0
    /// Of all checks of the file.
    var totalSeconds = 0.0
    private(set) var graph: GraphReport?
    private(set) var selfTest: Snapshot.SelfTestResult?
    private(set) var recall: RecallSample.Recall?
    private(set) var database: DatabaseCheck.Result?
    /// Why the database could not be asked.
    var databaseError: (any Error)?
    private(set) var findings: [Finding] = []

    init(file: String, isFast: Bool, info: SnapshotInfo) {
        self.file = file
        self.isFast = isFast
        self.info = info
    }

    /// nil: sound, and all was checked.
    var exitCode: ExitCode? {
        findings.isEmpty ? (databaseError == nil ? nil : ToolFailure.notChecked) : ToolFailure.unsound
    }

    func sayWhatIsWrong() {
        for finding in findings { ToolFailure.say("Error: \(finding)") }
        if let databaseError { ToolFailure.say("Error: \(databaseError)") }
    }

    // MARK: What was found

    mutating func add(_ graph: GraphReport?) {
        self.graph = graph
        guard let graph, let first = graph.firstUnreachable else { return }
        find(
            .damaged,
            "\(Text.grouped(graph.unreachable)) of \(Text.grouped(info.nodes)) nodes cannot be reached, the first of them"
                + " node \(first)", Finding.rebuild, section: "ROWS")
    }

    mutating func add(_ selfTest: Snapshot.SelfTestResult?) {
        self.selfTest = selfTest
        // The program that built the file finds what it found then, exactly; another version may walk otherwise. A small
        // file has so few sample queries that two answers more or less are more than 0.02. Not a number is no recall.
        guard let selfTest,
            !(abs(selfTest.recall - selfTest.recallWhenBuilt) <= 0.02 + 2
                / Double(max(selfTest.queries * selfTest.k, 1)))
        else { return }
        find(
            .lowRecall,
            "the self-test finds \(Text.fixed(selfTest.recall, 4)) of the neighbours and found"
                + " \(Text.fixed(selfTest.recallWhenBuilt, 4)) when the index was built",
            "Verify the file on another machine or with NEXIFY_SIMD=scalar: the file, this machine or the program is at fault.",
            section: "SELF")
    }

    mutating func add(_ recall: RecallSample.Recall) {
        self.recall = recall
        guard recall.isTooLow else { return }
        find(
            .lowRecall,
            "searches for \(recall.queries) of its own vectors find \(Text.fixed(recall.recall, 4)) of the \(recall.k)"
                + " nearest, and its target is \(recall.target)",
            "Rebuild the index with `index-tool build`, with a larger --ef-construction or --degree if it was built well."
        )
    }

    mutating func add(_ result: DatabaseCheck.Result, behindMax: Int64?) {
        database = result
        if result.behind < 0 {
            find(
                .ahead,
                "the file is of version \(result.fileVersion) and the rows are of version \(result.version), which is"
                    + " earlier",
                "Name the database that the file was built from; if that was put back to an earlier time, rebuild the index."
            )
        } else if result.behind == 0, result.differences > 0 {
            find(
                .differs,
                "the file says that it is of the rows' own version, \(result.version), and \(result.missing.count) rows are"
                    + " missing, \(result.extra.count) are extra and \(result.stale.count) are stale", Finding.rebuild)
        } else if let behindMax, result.behind > behindMax {
            find(
                .behind, "the file is behind by \(result.behind) versions, and \(behindMax) are allowed",
                "Rebuild the index, or see why the server does not.")
        }
        if let agreement = result.agreement, agreement.isTooLow {
            find(
                .lowRecall,
                "it agrees with pgvector in \(Text.fixed(agreement.recall, 4)) of the \(agreement.k) nearest, and its"
                    + " target is \(agreement.target)", Finding.rebuild)
        }
    }

    private mutating func find(_ code: Finding.Code, _ message: String, _ remedy: String, section: String? = nil) {
        findings.append(Finding(code: code, message: message, remedy: remedy, file: file, section: section))
    }

    // MARK: As people read it

    var page: String {
        let size =
            "\(Text.grouped(info.count)) vectors, \(Text.grouped(info.bytes)) bytes, content \(info.contentHash.prefix(16))"
        let opened = "opened in \(Text.fixed(openedSeconds * 1000, 1)) ms"
        if isFast { return "\(file): first page and sizes are sound. \(size); \(opened)" }
        let verdict = findings.isEmpty ? "sound" : "UNSOUND"
        var lines = ["\(file): \(verdict). \(size); \(opened), all checks \(Text.fixed(totalSeconds * 1000, 1)) ms"]
        if let graph {
            let reached =
                graph.unreachable == 0
                ? "every node is reached" : "\(Text.grouped(graph.unreachable)) nodes are not reached"
            let least = graph.nodesByNeighbors.firstIndex { $0 > 0 } ?? 0
            lines.append(
                "graph: \(reached); \(Text.fixed(graph.meanNeighbors, 1)) neighbours a node, at least \(least)")
        }
        lines.append(
            selfTest.map {
                "self-test: \($0.queries) queries, recall@\($0.k) \(Text.fixed($0.recall, 4)),"
                    + " \(Text.fixed($0.recallWhenBuilt, 4)) when it was built"
            } ?? "self-test: none in the file\(info.hasGraph ? "" : ", which is scanned exactly")")
        if let recall { lines.append("recall: \(Self.text(recall)) of an exact search over the same file") }
        if let database { lines += Self.lines(database) }
        if databaseError != nil { lines.append("postgres: not checked") }
        if let graph {
            lines +=
                ["", "  neighbours         nodes"] + DegreeHistogram(nodesByNeighbors: graph.nodesByNeighbors).lines
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ recall: RecallSample.Recall) -> String {
        "\(recall.queries) queries, recall@\(recall.k) \(Text.fixed(recall.recall, 4)) ± \(Text.fixed(recall.standardError, 4)),"
            + " target \(recall.target);"
    }

    private static func lines(_ found: DatabaseCheck.Result) -> [String] {
        let standing =
            switch found.behind {
            case 0: "the file is of the same"
            case 1...: "the file is of \(found.fileVersion): behind by \(found.behind) versions"
            default: "the file is of \(found.fileVersion), which is ahead"
            }
        let others = found.otherRows > 0 ? ", and \(Text.grouped(found.otherRows)) of other models" : ""
        var lines = [
            "postgres: version \(found.version), \(standing); \(Text.grouped(found.rows)) rows\(others)",
            "  missing \(found.missing.text), extra \(found.extra.text), stale \(found.stale.text)"
                + (found.behind > 0 && found.differences > 0 ? ": rows have moved on since it was built" : ""),
        ]
        if let agreement = found.agreement {
            lines.append("  pgvector: \(text(agreement)) of its exact answers over the rows that both have")
        } else {
            let isTooMuch = ![found.missing, found.extra, found.stale].allSatisfy(\.isWhole)
            lines.append(
                "  pgvector: not compared"
                    + (isTooMuch ? ", since more than \(Text.grouped(IDList.keptMax)) ids of one kind differ" : ""))
        }
        return lines
    }
}
