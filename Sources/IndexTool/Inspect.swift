import ArgumentParser
import VectorIndex

/// `index-tool inspect`: what a file says about itself, as a page or as JSON.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what an index file holds and how it was built.",
        discussion: """
            Reads the first page and checks all sizes; `verify` checks the content, too.

            The recall curve is what the builder measured on vectors that the graph did not hold yet: for k neighbours, \
            the slack of a search, the share of the true neighbours that it found, and the rows that it expanded.
            """)

    @Argument(help: ArgumentHelp("The index file.", valueName: "file"))
    var file: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try ToolFailure.reported {
            let info = try Snapshot(path: file, verification: .fast).info
            print(json ? Self.json(file, info) : Self.page(file, info))
        }
    }

    private static func bytesPerVector(_ info: SnapshotInfo) -> Double {
        Double(info.bytes) / Double(max(info.count, 1))
    }

    // MARK: Page

    private static func page(_ file: String, _ info: SnapshotInfo) -> String {
        ([facts(file, info), sections(info)] + (info.calibration.isEmpty ? [] : [curve(info.calibration)]))
            .joined(separator: "\n\n")
    }

    private static func facts(_ file: String, _ info: SnapshotInfo) -> String {
        var lines: [(String, String)] = [
            ("file", file),
            ("format", "version \(info.formatVersion)"),
            ("content", info.contentHash),
            (
                "vectors",
                "\(Text.grouped(info.count)) ids, \(Text.grouped(info.nodes)) different vectors, \(info.dimensions) dimensions"
            ),
            ("metric", info.metric.name),
            ("size", "\(Text.grouped(info.bytes)) bytes, \(Text.grouped(bytesPerVector(info))) a vector"),
            ("rows", info.hasGraph ? "\(Text.grouped(info.rowBytes)) bytes: \(info.codeKind)" : info.codeKind),
        ]
        if info.hasGraph {
            lines.append(
                (
                    "graph",
                    "\(info.degree) neighbours a node; \(info.upperDegree) on each of \(info.layers) upper levels"
                ))
            lines.append(("built with", "efConstruction \(info.efConstruction), seed \(info.seed)"))
            lines.append(("searched for", "recall \(info.targetRecall) unless a search says otherwise"))
            lines.append(
                ("self-test", info.hasSelfTest ? "in the file; `index-tool verify` runs it" : "none in the file"))
        } else {
            lines.append(("built with", "seed \(info.seed)"))
        }
        if let growth = info.growth {
            lines.append(
                (
                    "extended",
                    "\(growth.generations) times since it was built: \(Text.grouped(growth.added)) nodes added,"
                        + " \(Text.grouped(growth.removed)) removed"
                ))
        }
        lines.append(("model", info.modelFingerprint.isEmpty ? "not said" : info.modelFingerprint))
        lines.append(("source version", "\(info.sourceVersion)"))
        return lines.map { "\(Text.padded($0.0, 15)) \($0.1)" }.joined(separator: "\n")
    }

    private static func sections(_ info: SnapshotInfo) -> String {
        "section       offset          length  stride  crc32c\n"
            + info.sections.map { section in
                [
                    Text.padded(section.tag, 8), Text.aligned(Text.grouped(Int(section.offset)), 11),
                    Text.aligned(Text.grouped(Int(section.length)), 15), Text.aligned("\(section.stride)", 7),
                    " " + hex(section.crc32c),
                ].joined(separator: " ")
            }.joined(separator: "\n")
    }

    private static func curve(_ points: [CalibrationPoint]) -> String {
        var lines = ["    k    slack   recall     hops"]
        for (i, point) in points.enumerated() {
            let isFirst = i == 0 || points[i - 1].k != point.k
            lines.append(
                [
                    Text.aligned(isFirst ? "\(point.k)" : "", 5), Text.aligned(Text.fixed(Double(point.slack), 4), 8),
                    Text.aligned(Text.fixed(Double(point.recall), 4), 8),
                    Text.aligned(Text.fixed(Double(point.hops), 1), 8),
                ].joined(separator: " "))
        }
        return lines.joined(separator: "\n")
    }

    // MARK: JSON

    private static func json(_ file: String, _ info: SnapshotInfo) -> String {
        var object = JSONObject()
        object.add("file", file)
        object.add("formatVersion", info.formatVersion)
        object.add("bytes", info.bytes)
        object.add("bytesPerVector", bytesPerVector(info), decimals: 1)
        object.add("contentHash", info.contentHash)
        object.add("count", info.count)
        object.add("nodes", info.nodes)
        object.add("dimensions", info.dimensions)
        object.add("metric", info.metric.name)
        object.add("codeKind", info.codeKind)
        object.add("rowBytes", info.rowBytes)
        object.add("hasGraph", info.hasGraph)
        object.add("degree", info.degree)
        object.add("upperDegree", info.upperDegree)
        object.add("layers", info.layers)
        object.add("efConstruction", info.efConstruction)
        object.add("targetRecall", info.targetRecall, decimals: 6)
        object.add("exactScanMax", info.exactScanMax)
        object.add("seed", info.seed)
        object.add("hasSelfTest", info.hasSelfTest)
        object.add("modelFingerprint", info.modelFingerprint)
        object.add("sourceVersion", info.sourceVersion)
        object.add(growth: info.growth)
        object.add("calibration", info.calibration.map(json))
        object.add("sections", info.sections.map(json))
        return "\(object)"
    }

    private static func json(_ point: CalibrationPoint) -> JSONObject {
        var object = JSONObject()
        object.add("k", point.k)
        object.add("slack", Double(point.slack), decimals: 6)
        object.add("recall", Double(point.recall), decimals: 6)
        object.add("hops", Double(point.hops), decimals: 2)
        return object
    }

    private static func json(_ section: SnapshotInfo.Section) -> JSONObject {
        var object = JSONObject()
        object.add("tag", section.tag)
        object.add("offset", section.offset)
        object.add("length", section.length)
        object.add("stride", section.stride)
        object.add("crc32c", hex(section.crc32c))
        return object
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
