import Foundation
import TestSupport
import Testing

@Suite("index-tool search --explain")
struct ExplainCommandTests {
    private let fixture: IndexFixture

    init() throws { fixture = try IndexFixture.shared.get() }

    private func explain(_ index: String, _ arguments: [String]) throws -> Tool.Result {
        let result = try Tool.run(["search", index, "--vector", fixture.queries, "--row", "4"] + arguments)
        #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
        return result
    }

    @Test("the page tells plan, entries, hops, end and ranking")
    func page() throws {
        let page = try explain(fixture.graph, ["--explain"]).output
        #expect(
            page.contains(/^a walk through the graph: it ends at what is -?\d\.\d{5} farther than the nearest 10,\n/),
            "\(page)")
        #expect(
            page.contains(
                "  for a recall of 0.98, the index's own target:\n  on the builder's curve of k = 10 between slack"))
        #expect(page.contains("of the nodes that wait, the 8 nearest keep farther ones from waiting\n"))
        #expect(page.contains("\ndistances are minus the cosine\n"))
        let lines = page.split(separator: "\n")
        #expect(lines.count { $0.hasSuffix("  start") } == 2)
        let statistics = try explain(fixture.graph, ["--stats"]).output.split(separator: "\n").last
        #expect(lines.last == statistics, "\(lines.last ?? "")")
        let hops = try #require(statistics?.split(separator: " ").first.flatMap { Int($0) })
        let table = lines.filter {
            $0.contains(
                /^ +\d+ +\d+ +\d+ +(?:\d+|entry) +-?\d\.\d{5} +-?\d\.\d{5} +(?:\d+|-) +(?:-?\d\.\d{5}|none) +\d+$/)
        }
        #expect(table.count == hops, "\(page)")
        #expect(
            page.contains(
                /\nend: of [\d,]+ nodes that wait the nearest, \d+, is estimated at -?\d\.\d{5}, beyond the limit -?\d\.\d{5}\n/
            ))
        #expect(
            page.contains(
                /\nranked anew by exact scores: \d+ of \d+ expanded nodes, those whose 8-bit distance is at most/))
        // The answer is in it, in its order and with its scores.
        let found = try explain(fixture.graph, []).output.split(separator: "\n").map { $0.split(separator: " ") }
        let rows = lines.map { $0.split(separator: " ").map(String.init) }.filter { $0.count == 5 }
        for (i, neighbor) in found.enumerated() {
            let row = try #require(rows.last { $0[0] == "\(i + 1)" }, "place \(i + 1)")
            #expect(row[2] == String(neighbor[0]) && row[4] == String(neighbor[1]), "place \(i + 1)")
        }
    }

    @Test("the same as JSON, and why an id is in the answer, or is not")
    func json() throws {
        let exact = try explain(fixture.graph, ["--exact", "-k", "30", "--json"])
        let truth = try #require(
            try JSONSerialization.jsonObject(with: Data(exact.output.utf8)) as? [[String: Any]]
        ).compactMap { $0["id"] as? Int }
        var outcomes: Set<String> = []
        for effort in [["--target-recall", "0.98"], ["--slack", "-0.3"]] {
            for (i, id) in truth.enumerated() {
                let object = try explain(fixture.graph, effort + ["--json", "--why", "\(id)"]).object
                let subject = try #require(object["subject"] as? [String: Any])
                #expect(subject["rank"] as? Int == i + 1 && subject["id"] as? Int == id)
                let walk = try #require(object["walk"] as? [String: Any])
                #expect(walk["isFaithful"] as? Bool == true)
                let hops = try #require(walk["hops"] as? [[String: Any]])
                #expect(hops.count == (object["statistics"] as? [String: Int])?["hops"])
                let answer = try #require(object["neighbors"] as? [[String: Any]]).compactMap { $0["id"] as? Int }
                let outcome = try #require(subject["outcome"] as? String)
                #expect((outcome == "answered") == answer.contains(id), "\(id): \(outcome)")
                #expect((outcome == "outranked") == (!answer.contains(id) && i >= 10), "\(id): \(outcome)")
                #expect((subject["why"] as? String)?.isEmpty == false)
                outcomes.insert(outcome)
            }
        }
        #expect(outcomes.isSuperset(of: ["answered", "outranked"]) && outcomes.count > 2, "\(outcomes)")
        let plan = try #require(
            try explain(fixture.graph, ["--explain", "--json", "--ef", "50"]).object["plan"] as? [String: Any])
        #expect(plan["kind"] as? String == "walk" && plan["slackFrom"] as? String == "efSearch")
        #expect(plan["nearest"] as? Int == 50 && plan["cap"] is NSNull)
    }

    @Test("an index that is scanned says so, and why")
    func scanned() throws {
        let page = try explain(fixture.scanned, ["--explain", "--why", "699"]).output
        #expect(
            page.hasPrefix(
                "scanned exactly: the index has no graph, since it was built to have none up to 2,000 different vectors\n"
            ),
            "\(page)")
        #expect(
            page.contains("\nexact scores of 700 vectors; the nearest are\n")
                && page.contains(/\nid 699: node \d+, exact score/))
        #expect(!page.contains("hops:"))
        let all = try explain(fixture.graph, ["--explain", "--target-recall", "1"]).output
        #expect(all.hasPrefix("scanned exactly: all of the neighbours are asked for\n"), "\(all)")
        let many = try explain(fixture.graph, ["--explain", "-k", "1000", "--json"]).object["plan"] as? [String: Any]
        #expect((many?["why"] as? String)?.contains("more than an eighth of its 3,000") == true)
    }

    @Test("what cannot be told is refused")
    func refused() throws {
        for more in [["--exact"], ["--at-least", "0.5"], ["--stats"]] {
            let result = try Tool.run(["search", fixture.graph, "--id", "1", "--explain"] + more)
            #expect(result.exitCode == 64 && result.errors.contains("--explain and --why tell"), "\(result.errors)")
        }
        let id = try Tool.run(["search", fixture.graph, "--id", "1", "--why", "3000"])
        #expect(id.exitCode == 2 && id.errors.contains("graph.nxi: the index has no id 3000"), "\(id.errors)")
    }
}
