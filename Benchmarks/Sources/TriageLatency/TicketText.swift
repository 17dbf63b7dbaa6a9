import Foundation

/// A demo ticket's text, as the benchmark sends it.
struct TicketText: Decodable {
    var subject: String
    var body: String
    var status: String

    /// All of the demo's tickets: the open ones, which no index knows, come first.
    static func read(dataDirectory: String) throws -> [TicketText] {
        let lines = try String(contentsOfFile: "\(dataDirectory)/tickets.jsonl", encoding: .utf8).split(separator: "\n")
        let texts = try lines.map { try JSONDecoder().decode(TicketText.self, from: Data($0.utf8)) }
        return texts.filter { $0.status == "open" } + texts.filter { $0.status != "open" }
    }
}
