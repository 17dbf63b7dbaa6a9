import Foundation
import TestSupport
import Testing

@Suite("index-tool extend, and searches with filters")
struct ExtendFilterTests {
    private static let rows = VectorFiles.rows(400, 12, seed: 71)

    /// An index of the first 300 rows, the other 100 in a file, and ids 0 to 49 in another.
    private func given() throws -> (directory: String, index: String) {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(Array(Self.rows.prefix(300)), to: directory + "/base.npy")
        try VectorFiles.writeNpy(Array(Self.rows.suffix(100)), to: directory + "/more.npy")
        try write((0..<50).map { "\($0)" }, to: directory + "/gone.txt")
        try write(
            (0..<300).map { "team=\($0 % 3)" + ($0 % 2 == 0 ? "\tlanguage=en" : "") }, to: directory + "/labels.txt")
        let index = directory + "/base.nxi"
        let built = try Tool.run([
            "build", "--input", directory + "/base.npy", "--labels", directory + "/labels.txt", "--output", index,
            "--exact-scan-max", "100", "--metric", "l2",
        ])
        try #require(built.exitCode == 0, "\(built.errors)")
        return (directory, index)
    }

    private func write(_ lines: [String], to path: String) throws {
        try lines.map { $0 + "\n" }.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test("vectors come and go, and what was there is kept")
    func extend() throws {
        let (directory, index) = try given()
        let result = try Tool.run([
            "extend", index, "--add", directory + "/more.npy", "--remove", directory + "/gone.txt", "--output", index,
            "--json",
        ])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(try result.object["count"] as? Int == 350)
        let verified = try Tool.run(["verify", index])
        #expect(verified.exitCode == 0, "\(verified.output) \(verified.errors)")
        // New ids follow the largest.
        let found = try Tool.run(["search", index, "--vector", directory + "/more.npy", "--row", "5", "-k", "1"])
        #expect(found.output.split(separator: " ").first == "305", "\(found.output)")
        let gone = try Tool.run(["search", index, "--id", "7"])
        #expect(gone.exitCode != 0 && gone.errors.contains("no id 7"), "\(gone.errors)")
        let before = try Tool.run(["inspect", index + ".previous", "--json"]).object
        #expect(before["count"] as? Int == 300)
    }

    @Test("ids of their own, and what is wrong with them")
    func ids() throws {
        let (directory, index) = try given()
        func extend(_ ids: [String]) throws -> Tool.Result {
            try write(ids, to: directory + "/ids.txt")
            return try Tool.run([
                "extend", index, "--add", directory + "/more.npy", "--ids", directory + "/ids.txt", "--output",
                directory + "/next.nxi",
            ])
        }
        let own = try extend((0..<100).map { "\(9_000_000_000 + $0)" })
        #expect(own.exitCode == 0, "\(own.errors)")
        let found = try Tool.run(["search", directory + "/next.nxi", "--id", "9000000099", "-k", "1"])
        #expect(found.output.contains("9000000099"))
        for (lines, says) in [
            (["1", "2"], "2 ids for 100 vectors"), (["x"], "line 1 is no number"),
            ((0..<100).map { _ in "5" }, "an id stands twice"),
        ] {
            let result = try extend(lines)
            #expect(result.exitCode == 2 && result.errors.contains(says), "\(result.errors)")
        }
    }

    @Test("labels narrow a search: values of a field are alternatives, fields must all hold")
    func filters() throws {
        let (directory, index) = try given()
        func search(_ more: [String]) throws -> [Int] {
            let result = try Tool.run(
                ["search", index, "--vector", directory + "/more.npy", "-k", "400", "--json"] + more)
            let hits = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
            return hits.compactMap { $0["id"] as? Int }.sorted()
        }
        #expect(try search(["--where", "team=1"]) == (0..<300).filter { $0 % 3 == 1 })
        #expect(try search(["--where", "team=1", "--where", "team=2"]) == (0..<300).filter { $0 % 3 != 0 })
        #expect(
            try search(["--where", "team=1", "--where", "language=en", "--exact"])
                == (0..<300).filter { $0 % 6 == 4 })
        #expect(try search(["--where", "team=9"]).isEmpty)
        let refused = try Tool.run(["search", index, "--id", "1", "--where", "team"])
        #expect(refused.exitCode == 64 && refused.errors.contains("--where takes field=value"), "\(refused.errors)")
    }

    @Test("labels of another number of rows, or that are none, are refused")
    func labels() throws {
        let (directory, _) = try given()
        for (text, says) in [("a=b", "it has 1 lines for 300 vectors"), ("ab", "\"ab\" is no field=value")] {
            try write([text], to: directory + "/wrong.txt")
            let result = try Tool.run([
                "build", "--input", directory + "/base.npy", "--labels", directory + "/wrong.txt", "--output",
                directory + "/x.nxi",
            ])
            #expect(result.exitCode == 2 && result.errors.contains(says), "\(result.errors)")
        }
    }

    @Test("bench with masks: recall among what they let through")
    func bench() throws {
        let fixture = try IndexFixture.shared.get()
        let masks = try TestDirectory.make("tool") + "/masks.npy"
        let header = VectorFiles.npyHeader(
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2, \(IndexFixture.rows)), }")
        let bits = Data((0..<2 * IndexFixture.rows).map { UInt8($0 % 2) })
        try (header + bits).write(to: URL(fileURLWithPath: masks))
        let arguments = ["bench", "--index", fixture.graph, "--queries", fixture.queries, "--rounds", "1", "--json"]
        let result = try Tool.run(arguments + ["--filter", masks, "--target-recall", "0.95"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let points = try result.object["points"] as? [[String: Any]]
        #expect((points?.first?["recall"] as? Double ?? 0) >= 0.9)
        try (header + bits.dropLast(2)).write(to: URL(fileURLWithPath: masks))
        let cut = try Tool.run(arguments + ["--filter", masks])
        #expect(cut.exitCode == 2 && cut.errors.contains("cut short"), "\(cut.errors)")
        let wide =
            VectorFiles.npyHeader("{'descr': '|b1', 'fortran_order': False, 'shape': (1, 3), }") + Data([1, 0, 1])
        try wide.write(to: URL(fileURLWithPath: masks))
        let wrong = try Tool.run(arguments + ["--filter", masks])
        #expect(wrong.exitCode == 2 && wrong.errors.contains("its shape is (1, 3)"), "\(wrong.errors)")
    }
}
