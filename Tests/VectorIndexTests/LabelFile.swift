import Foundation
import TestSupport
import VectorIndex

/// LBLS, LBLT and LBLP as docs/INDEX_FORMAT.md describes them, read without the engine's own code.
struct LabelFile {
    static let tags = ["LBLS", "LBLT", "LBLP"]

    /// Six ids of five vectors, with labels.
    static func build(to path: String) throws -> SnapshotInfo {
        var builder = SnapshotBuilder(
            dimensions: 3, metric: .cosine, parameters: BuildParameters(modelFingerprint: "golden", sourceVersion: 4))
        let entries: [(id: UInt64, vector: [Float], labels: [Label])] = [
            (40, [3, 4, 0], [Label("team", "billing"), Label("language", "de")]),
            (10, [0, 3, 4], [Label("language", "en"), Label("team", "billing"), Label("team", "sales")]),
            (50, [4, 0, 3], [Label("language", "de"), Label("team", "")]),
            (30, [0, 0, 1], []),
            (60, [1, 0, 0], [Label("sprache", "fran\u{E7}ais")]),
            // The same vector as 60's.
            (20, [1, 0, 0], [Label("language", "de")]),
        ]
        for entry in entries { try builder.add(id: entry.id, vector: entry.vector, labels: entry.labels) }
        return try builder.write(to: path)
    }

    /// By label, as field and value: the ids that have it.
    static func read(_ file: TestFile) -> [(field: String, value: String, ids: [Int])] {
        guard let entries = file.section("LBLS"), let text = file.section("LBLT"),
            let postings = file.section("LBLP"), let ids = file.section("IDS ")
        else { return [] }
        func string(_ range: Range<Int>) -> String {
            String(decoding: file.bytes[text.offset + range.lowerBound..<text.offset + range.upperBound], as: UTF8.self)
        }
        var textStart = 0
        var postingsStart = 0
        return (0..<entries.length / 16).map { i in
            let at = entries.offset + 16 * i
            let postingsEnd = file.number(at, 8)
            let textEnd = file.number(at + 8, 4)
            let fieldEnd = textStart + file.number(at + 12, 4)
            defer { (textStart, postingsStart) = (textEnd, postingsEnd) }
            return (
                string(textStart..<fieldEnd), string(fieldEnd..<textEnd),
                (postingsStart..<postingsEnd).map {
                    file.number(ids.offset + 8 * file.number(postings.offset + 4 * $0, 4), 8)
                }
            )
        }
    }
}
