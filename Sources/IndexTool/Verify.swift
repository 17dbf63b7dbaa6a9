import ArgumentParser
import Glibc
import VectorIndex

/// `index-tool verify`: is this file whole and sound, and is it what Postgres holds?
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check an index file from end to end, and against its rows in Postgres.",
        discussion: """
            All checksums, every number that names a node or an id, the content hash, and that every node can be reached \
            from where searches enter. Then what searches find: the file's own sample queries must find what they did when \
            it was built, to about 0.02; and searches for a sample of its own vectors, at the index's target of recall, are \
            held against exact searches over the same file: they may fall short of the target by 0.02 and chance.

            With --organization and --kind it is also held against the rows in Postgres: rows that the file lacks \
            (missing), ids without a row (extra), rows whose vector is another one in the file (stale), and, over the rows \
            that both have, its searches against pgvector's exact answers. The rows' version in index_sources says what \
            that means. A file of the same version must not differ at all. One that is behind may: rows have moved on \
            since, and --behind-max says how many versions are too many. One that is ahead is of another database, or the \
            database was put back to an earlier time: unsound.

            Exit codes: 0 sound, 1 unsound or not an index, 2 it could not be checked (the file or the database cannot be \
            read).
            """)

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Flag(help: "Check only the first page and all sizes, not the content.")
    var fast = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many of the index's vectors to search for, up to 100000; 100 when not given, and 0 leaves recall and pgvector's agreement out.",
            valueName: "count"))
    var recall: Int?

    @Option(help: ArgumentHelp("The model that the index must have been built with.", valueName: "name"))
    var modelFingerprint: String?

    @OptionGroup(title: "Postgres") var database: DatabaseOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Versions that the file may be behind the rows; any number when not given.", valueName: "count"))
    var behindMax: Int64?

    @Flag(help: "Print one JSON object, also for an unsound file.")
    var json = false

    private static let recallDefault = 100
    private static let recallMax = 100_000

    func validate() throws {
        guard (0...Self.recallMax).contains(recall ?? 0) else {
            throw ValidationError("--recall is \(recall ?? 0); use 0 to \(Self.recallMax).")
        }
        guard behindMax ?? 0 >= 0 else { throw ValidationError("--behind-max is \(behindMax ?? 0); use 0 or more.") }
        if fast, recall != nil || database.areGiven || behindMax != nil {
            throw ValidationError(
                "--fast reads the first page only: it takes no --recall, no --behind-max and no database.")
        }
        if database.areGiven {
            _ = try place()
        } else if behindMax != nil {
            throw ValidationError("--behind-max is about rows in Postgres: say which by --organization and --kind.")
        }
    }

    func run() async throws {
        try await ToolFailure.reportedAsynchronously {
            var line = ProgressLine(vectors: 0)
            let snapshot: Snapshot
            var report: VerifyReport
            do throws(VectorIndexError) {
                (snapshot, report) = try check(&line)
            } catch {
                line.clear()
                guard json else { throw error }
                // The object says it all; the exit code is that of the message.
                print(VerifyReport.json(of: error, file))
                throw ToolFailure.exitCode(for: error.code)
            }
            if database.areGiven {
                let check = DatabaseCheck(
                    snapshot: snapshot, place: try place(), sample: try RecallSample(of: snapshot, count: sampleCount))
                do {
                    let (result, last) = try await check.run(line)
                    line = last
                    report.add(result, behindMax: behindMax)
                } catch {
                    report.databaseError = error
                }
            }
            line.clear()
            print(json ? report.json : report.page)
            // What is wrong comes after what was found, also where both streams are one.
            fflush(nil)
            if !json { report.sayWhatIsWrong() }
            if let exitCode = report.exitCode { throw exitCode }
        }
    }

    private var sampleCount: Int { recall ?? Self.recallDefault }

    private func place() throws -> PostgresSource.Place {
        try database.source("Say which rows to compare with: --organization and --kind, with --database-url.")
    }

    private func check(_ line: inout ProgressLine) throws(VectorIndexError) -> (Snapshot, VerifyReport) {
        let clock = ContinuousClock()
        let started = clock.now
        line.show("reading", done: 0, total: 0)
        let snapshot = try Snapshot(
            path: file, verification: fast ? .fast : .full, modelFingerprint: modelFingerprint)
        var report = VerifyReport(file: file, isFast: fast, info: snapshot.info)
        report.openedSeconds = Text.seconds(clock.now - started)
        if !fast {
            line.show("hashing", done: 0, total: 0)
            try snapshot.verifyContentHash()
            line.show("following links", done: 0, total: 0)
            report.add(try snapshot.graphReport())
            line.show("self-test", done: 0, total: 0)
            report.add(try snapshot.selfTest())
            if let sample = try RecallSample(of: snapshot, count: sampleCount) {
                report.add(try sample.recall(in: snapshot) { line.show("recall", done: $0, total: $1) })
            }
        }
        report.totalSeconds = Text.seconds(clock.now - started)
        return (snapshot, report)
    }
}
