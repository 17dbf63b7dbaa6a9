import Foundation
import TestSupport
import Testing

@Suite("index-tool search")
struct SearchCommandTests {
    private let fixture: IndexFixture

    init() throws { fixture = try IndexFixture.shared.get() }

    private func hops(_ arguments: [String]) throws -> Int {
        let found = try Tool.run(
            [
                "search", fixture.graph, "--vector", fixture.queries, "--row", "2", "--stats", "--json",
            ] + arguments)
        #expect(found.exitCode == 0, "\(found.errors)")
        let object = try found.object
        let statistics = try #require(object["statistics"] as? [String: Int])
        #expect((object["neighbors"] as? [Any])?.count == 10)
        #expect(try #require(statistics["distances"]) > 0 && #require(statistics["reranked"]) >= 10)
        return try #require(statistics["hops"])
    }

    @Test("each way of saying the effort reaches the engine")
    func effort() throws {
        #expect(try hops(["--ef", "10"]) < hops(["--ef", "300"]))
        #expect(try hops(["--slack", "0"]) < hops(["--slack", "0.2"]))
        #expect(try hops(["--target-recall", "0.5"]) < hops(["--target-recall", "0.999"]))
        #expect(try hops([]) == hops(["--target-recall", "0.98"]))
    }

    @Test("statistics stand below the neighbours")
    func statistics() throws {
        let found = try Tool.run(["search", fixture.graph, "--id", "7", "-k", "3", "--stats"]).output
        #expect(found.contains(/\n[\d,]+ hops, [\d,]+ distances, [\d,]+ re-ranked\n$/), "\(found)")
        let scanned = try Tool.run(["search", fixture.scanned, "--id", "7", "-k", "3", "--stats"]).output
        #expect(scanned.contains("\nscanned, 700 distances, 0 re-ranked\n"), "\(scanned)")
    }

    @Test("all that score at least so much")
    func atLeast() throws {
        func ids(_ arguments: [String]) throws -> [Int] {
            let found = try Tool.run(["search", fixture.graph, "--id", "7", "--json"] + arguments)
            #expect(found.exitCode == 0, "\(found.errors)")
            let hits = try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [[String: Any]] ?? []
            return hits.filter { ($0["score"] as? Double ?? -1) >= 0.45 }.compactMap { $0["id"] as? Int }
        }
        let exact = try ids(["-k", "500", "--exact"])
        #expect(exact.count > 3 && exact.count < 500)
        let found = try ids(["--at-least", "0.45", "--slack", "0.3"])
        #expect(Set(found).isSubset(of: exact) && Double(found.count) >= 0.9 * Double(exact.count))
    }

    @Test(
        "a wrong command line is refused with its usage and exit code 64",
        arguments: [
            ([], "Say what to search for"), (["--id", "1", "--text", "x"], "Say what to search for"),
            (["--id", "-1"], "--id"), (["--id", "1", "-k", "0"], "-k is 0; use 1 to 1048576"),
            (["--id", "1", "-k", "1048577"], "-k is 1048577"),
            (["--id", "1", "--row", "2"], "--row is a row of --vector"),
            (["--vector", "x.npy", "--row", "-1"], "--row is -1"),
            (["--id", "1", "--ef", "0"], "'0' is invalid for '--ef <width>': Use a whole number from 1 to"),
            (["--id", "1", "--ef", "9", "--slack", "0"], "one of --target-recall, --slack and --ef"),
            (["--id", "1", "--slack", "-1.5"], "Use a number from -1 on"),
            (["--id", "1", "--slack", "nan"], "Use a number from -1 on"),
            (["--id", "1", "--target-recall", "1.5"], "Use a share above 0 and up to 1"),
            (["--id", "1", "--exact", "--ef", "9"], "--exact compares all vectors"),
            (["--id", "1", "--exact", "--stats"], "--exact compares all vectors"),
            (["--id", "1", "--at-least", "0.5", "-k", "3"], "one of -k and --at-least"),
            (["--id", "1", "--at-least", "nan"], "--at-least is not a number"),
        ] as [([String], String)])
    func wrongCommandLine(arguments: [String], says: String) throws {
        let result = try Tool.run(["search", "x.nxi"] + arguments)
        #expect(result.exitCode == 64, "\(result.errors)")
        #expect(result.errors.contains(says), "\(result.errors)")
        #expect(result.errors.contains("Usage: index-tool search"), "\(result.errors)")
    }

    @Test("a row or an id that is not there is refused by name")
    func notThere() throws {
        let row = try Tool.run(["search", fixture.graph, "--vector", fixture.queries, "--row", "60"])
        #expect(row.exitCode == 2 && row.errors.contains("queries.npy: row 60 is not one of 60"), "\(row.errors)")
        let id = try Tool.run(["search", fixture.graph, "--id", "3000"])
        #expect(id.exitCode == 2 && id.errors.contains("graph.nxi: the index has no id 3000"), "\(id.errors)")
    }
}
