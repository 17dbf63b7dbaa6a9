/// docs/SCHEMA.md, as far as it can be held against a catalog: the tables under its headings and its drawing.
struct SchemaPage: Sendable {
    /// The database tables that have a section, in the page's order.
    private(set) var tables: [String] = []
    /// What is drawn: of each entity its columns.
    private(set) var entities: [String: [String]] = [:]
    /// What is drawn between entities, each as "parent child".
    private(set) var relations: Set<String> = []
    /// By heading, the rows whose first cell is code.
    private var rows: [String: [[String]]] = [:]

    /// Reads a page whose headings of tables are code, as its first cells are.
    init(_ text: String) {
        var heading = ""
        var isDrawing = false
        var entity: String?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") {
                isDrawing = line == "```mermaid"
            } else if isDrawing {
                draw(line.split(separator: " ").map(String.init), in: &entity)
            } else if line.hasPrefix("#") {
                let title = line.drop { $0 == "#" || $0 == " " }
                heading = Self.uncoded(title)
                if heading.count < title.count { tables.append(heading) }
            } else if line.hasPrefix("| `") {
                var cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                    .map(Self.trimmed)
                cells[0] = Self.uncoded(cells[0])
                rows[heading, default: []].append(cells)
            }
        }
    }

    /// The rows under a heading, header left out: the first cell without its code marks, the others as they are written.
    func rows(under heading: String) -> [[String]] { rows[heading] ?? [] }

    private mutating func draw(_ words: [String], in entity: inout String?) {
        if words.count == 2, words[1] == "{" {
            entity = words[0]
            entities[words[0]] = []
        } else if words == ["}"] {
            entity = nil
        } else if let entity, words.count >= 2 {
            entities[entity, default: []].append(words[1])
        } else if words.count > 3, words[1].contains("--") {
            relations.insert("\(words[0]) \(words[2])")
        }
    }

    private static func uncoded(_ text: some StringProtocol) -> String { String(text.filter { $0 != "`" }) }

    private static func trimmed(_ cell: Substring) -> String {
        let start = cell.drop { $0 == " " }
        guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...end])
    }
}
