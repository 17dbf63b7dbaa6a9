import ArgumentParser
import VectorIndex

/// `index-tool inspect`: what a file says about itself, as a page or as JSON.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what an index file holds and how it was built.",
        discussion: "Reads the first page and checks all sizes; `verify` checks the content, too.")

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

    private static func page(_ file: String, _ info: SnapshotInfo) -> String {
        var lines: [(String, String)] = [
            ("file", file),
            ("format", "version \(info.formatVersion), \(Text.grouped(info.bytes)) bytes"),
            ("content", info.contentHash),
            (
                "vectors",
                "\(Text.grouped(info.count)) ids, \(Text.grouped(info.nodes)) different vectors, \(info.dimensions) dimensions"
            ),
            ("metric", info.metric.name),
            ("rows", info.codeKind),
        ]
        if info.hasGraph {
            lines.append(("graph", "\(info.degree) neighbours, \(info.upperDegree) on \(info.layers) upper levels"))
            lines.append(("built with", "efConstruction \(info.efConstruction), seed \(info.seed)"))
            lines.append(("searched with", "efSearch \(info.efSearch) unless a search says otherwise"))
        }
        lines.append(("model", info.modelFingerprint.isEmpty ? "not said" : info.modelFingerprint))
        lines.append(("source version", "\(info.sourceVersion)"))
        var out = lines.map { "\(Text.padded($0.0, 15)) \($0.1)" }.joined(separator: "\n")
        out += "\n\nsection       offset          length  stride  crc32c\n"
        out += info.sections.map { section in
            [
                Text.padded(section.tag, 8), Text.aligned(Text.grouped(Int(section.offset)), 11),
                Text.aligned(Text.grouped(Int(section.length)), 15), Text.aligned("\(section.stride)", 7),
                " " + Self.hex(section.crc32c),
            ].joined(separator: " ")
        }.joined(separator: "\n")
        return out
    }

    private static func json(_ file: String, _ info: SnapshotInfo) -> String {
        let sections = info.sections.map {
            Text.json([
                ("tag", Text.json($0.tag)), ("offset", "\($0.offset)"), ("length", "\($0.length)"),
                ("stride", "\($0.stride)"),
                ("crc32c", Text.json(hex($0.crc32c))),
            ])
        }
        return Text.json([
            ("file", Text.json(file)), ("formatVersion", Text.json(info.formatVersion)), ("bytes", "\(info.bytes)"),
            ("contentHash", Text.json(info.contentHash)), ("count", "\(info.count)"), ("nodes", "\(info.nodes)"),
            ("dimensions", "\(info.dimensions)"), ("metric", Text.json(info.metric.name)),
            ("codeKind", Text.json(info.codeKind)), ("hasGraph", "\(info.hasGraph)"), ("degree", "\(info.degree)"),
            ("upperDegree", "\(info.upperDegree)"), ("layers", "\(info.layers)"),
            ("efConstruction", "\(info.efConstruction)"), ("efSearch", "\(info.efSearch)"), ("seed", "\(info.seed)"),
            ("modelFingerprint", Text.json(info.modelFingerprint)), ("sourceVersion", "\(info.sourceVersion)"),
            ("sections", "[" + sections.joined(separator: ", ") + "]"),
        ])
    }

    private static func hex(_ value: UInt32) -> String {
        Text.aligned(String(value, radix: 16), 8).map { $0 == " " ? "0" : $0 }.map(String.init).joined()
    }
}
