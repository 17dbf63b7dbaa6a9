import ArgumentParser
import Foundation
import Measurement
import VectorIndex

/// `open-latency`: how long opening a snapshot takes, beside the recall and speed of searching it.
@main
struct OpenLatency: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open-latency",
        abstract: "Time the opening of a snapshot with full and with fast verification.",
        discussion: """
            The snapshot holds seeded synthetic vectors (see ClusteredVectors.swift). It is built once and kept in the \
            temporary folder; --rebuild builds it again. The file is in the page cache when it is opened.
            """)

    private enum Seeds {
        static let vectors: UInt64 = 42
        static let rowStream: UInt64 = 1
        static let queryStream: UInt64 = 2
    }

    @Option(help: "Vectors in the snapshot.")
    var count = 100_000

    @Option(help: "Dimensions of a vector.")
    var dimensions = 384

    @Option(help: "How often each way of opening is timed.")
    var repetitions = 20

    @Option(help: "Queries for recall and speed.")
    var queries = 200

    @Flag(help: "Build the snapshot again.")
    var rebuild = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Exit with an error when a target is missed.")
    var check = false

    func run() throws {
        let source = ClusteredVectors(dimensions: dimensions, seed: Seeds.vectors)
        let path = try snapshotPath(source)
        let machine = Machine.start()
        let full = try openings(path, .full)
        let fast = try openings(path, .fast)
        let snapshot = try Snapshot(path: path, verification: .fast)
        var report = Report(
            "open-latency", machine: machine,
            parameters: [
                "snapshot": "\(count) x \(dimensions) synthetic unit vectors, seed \(Seeds.vectors), "
                    + "\(snapshot.info.bytes / 1_000_000) MB, in the page cache",
                "search":
                    "k 10, target recall \(snapshot.info.targetRecall), degree \(snapshot.info.degree), 1 thread, "
                    + "\(queries) queries",
                "repetitions": "\(repetitions)",
            ])
        report.add("open, full verification, median", full.median, unit: "ms", target: .atMost(200))
        report.add("open, full verification, p90", full[0.9], unit: "ms")
        report.add("open, fast verification, median", fast.median, unit: "ms")
        report.add("open, fast verification, p90", fast[0.9], unit: "ms")
        try addSearch(of: snapshot, source, to: &report)
        try report.print(asJSON: json)
        if check, let missed = TargetsMissed(report) { throw missed }
    }

    /// Opening only: closing the one before is not timed.
    private func openings(_ path: String, _ verification: Verification) throws -> Quantiles {
        let clock = ContinuousClock()
        _ = try Snapshot(path: path, verification: verification)
        return Quantiles(
            try (0..<max(repetitions, 1)).map { _ in
                let started = clock.now
                let snapshot = try Snapshot(path: path, verification: verification)
                return withExtendedLifetime(snapshot) { started.duration(to: clock.now).milliseconds }
            })
    }

    private func addSearch(of snapshot: Snapshot, _ source: ClusteredVectors, to report: inout Report) throws {
        var asked: [[Float]] = []
        source.vectors(queries, stream: Seeds.queryStream) { asked.append($0) }
        let truth = try snapshot.exactSearch(asked, k: 10).map { Set($0.map(\.id)) }
        let scratch = SearchScratch()
        let clock = ContinuousClock()
        var hits = 0
        for (query, wanted) in zip(asked, truth) {
            hits += try snapshot.search(query, k: 10, scratch: scratch).count { wanted.contains($0.id) }
        }
        // The round above was the warm-up.
        let rounds = try (0..<5).map { _ in
            let started = clock.now
            for query in asked { _ = try snapshot.search(query, k: 10, scratch: scratch) }
            return started.duration(to: clock.now).milliseconds / 1e3
        }
        report.add(
            "recall@10 against exact search", Double(hits) / Double(truth.reduce(0) { $0 + $1.count }), unit: "",
            target: .atLeast(0.95))
        report.add("queries a second, median of 5 rounds", Double(asked.count) / Quantiles(rounds).median, unit: "/s")
    }

    /// The snapshot's file, built when it is not there or is not what this version of the library writes.
    private func snapshotPath(_ source: ClusteredVectors) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nexify-benchmarks")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "clustered-\(count)x\(dimensions)-\(Seeds.vectors).nxi").path
        if !rebuild, FileManager.default.fileExists(atPath: path) {
            do {
                let snapshot = try Snapshot(path: path)
                if snapshot.info.count == count, snapshot.info.dimensions == dimensions { return path }
            } catch {
                say("\(error) Building it again.")
            }
        }
        var builder = SnapshotBuilder(dimensions: dimensions, metric: .cosine)
        builder.reserveCapacity(count)
        var id: UInt64 = 0
        try source.vectors(count, stream: Seeds.rowStream) { vector in
            try builder.add(id: id, vector: vector)
            id += 1
        }
        say("Building a snapshot of \(count) vectors in \(path).")
        let started = ContinuousClock.now
        try builder.write(to: path)
        say("Built in \(Int(started.duration(to: .now).milliseconds / 1e3)) s.")
        // What was there is of no use: this file can always be built again.
        if FileManager.default.fileExists(atPath: path + ".previous") {
            try FileManager.default.removeItem(atPath: path + ".previous")
        }
        return path
    }

    private func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}
