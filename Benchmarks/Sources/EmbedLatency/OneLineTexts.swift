import Foundation

/// The one-line texts of the throughput figures: lines of the demo's knowledge base, of ordinary length, in a fixed order.
///
/// `peers/embed_peer.py` reads them by the same rule, so that both embed the same texts.
enum OneLineTexts {
    static let characters = 20...200

    static func read(dataDirectory: String) throws -> [String] {
        let folder = "\(dataDirectory)/knowledge-base"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }.sorted()
        return try files.flatMap { file in
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n")
                .map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { characters.contains($0.unicodeScalars.count) }
        }
    }
}
