import Foundation
import TestSupport
import Testing

@Suite("index-tool bench")
struct BenchTests {
    private let fixture: IndexFixture

    init() throws { fixture = try IndexFixture.shared.get() }

    private func bench(_ index: String, _ arguments: [String]) throws -> Tool.Result {
        try Tool.run(["bench", "--index", index, "--queries", fixture.queries, "--rounds", "1"] + arguments)
    }

    private func points(_ result: Tool.Result) throws -> [[String: Any]] {
        #expect(result.exitCode == 0, "\(result.errors)")
        return try #require(try result.object["points"] as? [[String: Any]])
    }

    @Test("its JSON has every field of the contract")
    func json() throws {
        let result = try bench(fixture.graph, ["--json", "--threads", "1"])
        let object = try result.object
        let index = try #require(object["index"] as? [String: Any])
        #expect(index["path"] as? String == fixture.graph)
        #expect(index["count"] as? Int == IndexFixture.rows && index["nodes"] as? Int == IndexFixture.rows)
        #expect(index["dimensions"] as? Int == IndexFixture.dimensions && index["metric"] as? String == "cosine")
        #expect(try #require(index["rowBytes"] as? Int) > 0 && (index["codeKind"] as? String)?.isEmpty == false)
        let size = try FileManager.default.attributesOfItem(atPath: fixture.graph)[.size] as? Int
        #expect(index["bytes"] as? Int == size)
        #expect((index["contentHash"] as? String)?.count == 64)
        #expect(["scalar", "avx2", "avx512", "neon"].contains(object["simd"] as? String))
        #expect(object["k"] as? Int == 10 && object["threads"] as? Int == 1 && object["rounds"] as? Int == 1)
        #expect(object["queries"] as? Int == IndexFixture.queryCount && object["truth"] as? String == "computed")
        let open = try #require(object["open"] as? [String: Double])
        #expect(Set(open.keys) == ["fullSeconds", "fastSeconds", "fastToFirstAnswerSeconds"])
        #expect(try #require(open["fastToFirstAnswerSeconds"]) >= #require(open["fastSeconds"]))
        #expect(try #require(object["peakResidentBytes"] as? Int) > 1_000_000)
        for point in try points(result) {
            #expect(point["setting"] as? String == "slack")
            for key in [
                "value", "recall", "qps", "p50Microseconds", "p99Microseconds", "hops", "distances", "reranked",
            ] {
                #expect(point[key] is Double || point[key] is Int, "\(key)")
            }
            #expect(try #require(point["qps"] as? Double) > 0)
            #expect(try #require(point["p99Microseconds"] as? Double) >= #require(point["p50Microseconds"] as? Double))
        }
    }

    @Test("recall and hops rise along the sweep, to nearly all, and it ends there")
    func sweep() throws {
        let points = try points(bench(fixture.graph, ["--json"]))
        let recall = points.compactMap { $0["recall"] as? Double }
        let hops = points.compactMap { $0["hops"] as? Double }
        #expect(points.count >= 4 && recall.count == points.count && hops.count == points.count)
        #expect(zip(hops, hops.dropFirst()).allSatisfy { $0 <= $1 }, "\(hops)")
        // A little noise among 600 neighbours.
        #expect(zip(recall, recall.dropFirst()).allSatisfy { $0 <= $1 + 0.005 }, "\(recall)")
        #expect(try #require(recall.first) < 0.97, "\(recall)")
        #expect(try #require(recall.last) >= 0.9995 && recall.dropLast().allSatisfy { $0 < 0.9995 }, "\(recall)")
    }

    @Test("lists choose the settings, in their order")
    func lists() throws {
        let result = try bench(
            fixture.graph, ["--json", "--ef", "10,40", "--slack", "0.1, 0", "--target-recall", "0.9,0.99"])
        let points = try points(result)
        #expect(
            points.compactMap { $0["setting"] as? String }
                == ["slack", "slack", "efSearch", "efSearch", "targetRecall", "targetRecall"])
        #expect(points.compactMap { $0["value"] as? Double } == [0.1, 0, 10, 40, 0.9, 0.99])
        let hops = points.compactMap { $0["hops"] as? Double }
        #expect(hops[0] > hops[1] && hops[2] < hops[3] && hops[4] < hops[5], "\(hops)")
    }

    @Test("an index without a graph has one point, which finds everything")
    func scanned() throws {
        let points = try points(bench(fixture.scanned, ["--json", "--ef", "10,20"]))
        #expect(points.count == 1)
        #expect(points[0]["setting"] as? String == "scan" && points[0]["recall"] as? Double == 1)
        #expect(points[0]["distances"] as? Double == Double(IndexFixture.rowsScanned))
        #expect(points[0]["hops"] as? Double == 0)
    }

    @Test("threads share the queries and change no answer")
    func threads() throws {
        let arguments = ["--json", "--slack", "0,0.05", "--threads"]
        let one = try points(bench(fixture.graph, arguments + ["1"]))
        // More threads than queries leave some idle.
        for threads in ["2", "7", "100"] {
            let result = try bench(fixture.graph, arguments + [threads])
            let many = try points(result)
            #expect(try result.object["threads"] as? Int == Int(threads))
            for key in ["recall", "hops", "distances", "reranked"] {
                #expect(many.compactMap { $0[key] as? Double } == one.compactMap { $0[key] as? Double }, "\(key)")
            }
        }
        let all = try bench(fixture.graph, arguments + ["0"]).object
        #expect(all["threads"] as? Int == ProcessInfo.processInfo.processorCount)
    }

    @Test("comma-separated values have one column each")
    func csv() throws {
        let result = try bench(fixture.graph, ["--csv", "--slack", "0,0.05"])
        let lines = result.output.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(
            lines[0] == ["setting", "value", "recall", "qps", "p50_us", "p99_us", "hops", "distances", "reranked"])
        #expect(lines.count == 3 && lines.allSatisfy { $0.count == 9 })
        #expect(lines[1].prefix(2) == ["slack", "0"] && lines[2].prefix(2) == ["slack", "0.05"])
        for line in lines.dropFirst() { #expect(line.dropFirst().allSatisfy { Double($0) != nil }, "\(line)") }
    }

    @Test("the table says what was measured, where the truth comes from, and compares at fixed recalls")
    func table() throws {
        let result = try bench(fixture.graph, ["--rounds", "2"])
        #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
        for words in [
            "3,000 vectors of 24 dimensions, cosine", "60 queries, k = 10, truth computed exactly (BLAS); 1 thread",
            "median of 2 rounds", "to the first answer", "peak memory", "re-ranked", "QPS at recall 0.90: ",
        ] { #expect(result.output.contains(words), "\(words): \(result.output)") }
    }

    // MARK: Truth

    @Test("a truth file gives the recall that computing it gives, in every type")
    func truth() throws {
        let directory = try TestDirectory.make("tool")
        // More columns than k: only the first k count.
        let ids = try fixture.truth(k: 12)
        let computed = try points(bench(fixture.graph, ["--json", "--slack", "0,0.05"])).map { $0["recall"] as? Double }
        let files: [(String, Data)] = [
            ("i4", VectorFiles.npy(ids.map { $0.map(Int32.init) })),
            ("i8", VectorFiles.npy(ids.map { $0.map(Int64.init) })),
            ("u4", VectorFiles.npy(ids.map { $0.map(UInt32.init) }, isColumnMajor: true)),
            ("u8", VectorFiles.npy(ids.map { $0.map(UInt64.init) })),
        ]
        for (name, data) in files {
            try data.write(to: URL(fileURLWithPath: "\(directory)/\(name).npy"))
            let result = try bench(
                fixture.graph, ["--json", "--slack", "0,0.05", "--truth", "\(directory)/\(name).npy"])
            #expect(try points(result).map { $0["recall"] as? Double } == computed, "\(name)")
            #expect(try result.object["truth"] as? String == "file")
        }
        // The truth of another order of queries is far from it.
        try VectorFiles.npy(Array(ids.reversed()).map { $0.map(Int64.init) })
            .write(to: URL(fileURLWithPath: directory + "/reversed.npy"))
        let wrong = try points(
            bench(fixture.graph, ["--json", "--slack", "0.05", "--truth", directory + "/reversed.npy"]))
        #expect(try #require(wrong[0]["recall"] as? Double) < 0.2)
    }

    @Test("a truth file of another shape, or with ids that the index lacks, is refused")
    func wrongTruth() throws {
        let directory = try TestDirectory.make("tool")
        let ids = (0..<IndexFixture.queryCount).map { row in (0..<10).map { Int64(row * 10 + $0) } }
        func changed(_ value: Int64) -> [[Int64]] {
            var changed = ids
            changed[3][4] = value
            return changed
        }
        let cases: [(Data, String)] = [
            (
                VectorFiles.npy(Array(ids.dropLast())),
                "its shape is (59, 10); 60 queries at k = 10 need (60, 10 or more)"
            ),
            (VectorFiles.npy(ids.map { Array($0.dropLast()) }), "its shape is (60, 9)"),
            (VectorFiles.npy(changed(3_000)), "row 3 names id 3000, which the index does not have"),
            (VectorFiles.npy(changed(-1)), "row 3 names id -1, which the index does not have"),
            (VectorFiles.npy(changed(30)), "row 3 names id 30 twice"),
            (VectorFiles.npy(ids.map { $0.map(Float.init) }), "<f4"),
            (VectorFiles.npy(ids).dropLast(8), "cut short"),
        ]
        for (data, says) in cases {
            let file = directory + "/truth.npy"
            try data.write(to: URL(fileURLWithPath: file))
            let result = try bench(fixture.graph, ["--truth", file])
            #expect(result.exitCode == 2 && result.output.isEmpty, "\(says)")
            #expect(result.errors.contains(file) && result.errors.contains(says), "\(result.errors)")
        }
    }

    // MARK: Plot

    @Test("the plot is well-formed, with a mark and a label for the points of each series")
    func plot() throws {
        let directory = try TestDirectory.make("tool")
        // A name that XML must not read as its own.
        let index = directory + "/a&b<c>.nxi"
        try FileManager.default.copyItem(atPath: fixture.graph, toPath: index)
        let file = directory + "/plot.svg"
        let result = try bench(index, ["--slack", "0,0.03,0.1", "--ef", "10,50", "--plot", file])
        #expect(result.exitCode == 0, "\(result.errors)")
        let svg = try SVGReader(contentsOf: file)
        #expect(svg.isWellFormed, "\(svg.error)")
        #expect(svg.elements.first == "svg" && svg.attributes["xmlns"] == "http://www.w3.org/2000/svg")
        // Five points, and one for each series in the legend.
        #expect(svg.elements.count { $0 == "circle" } == 7)
        #expect(svg.elements.count { $0 == "polyline" } == 2)
        let texts = svg.texts
        for words in ["Recall@10 and speed of a&b<c>.nxi", "recall@10", "queries a second", "1.00"] {
            #expect(texts.contains(words), "\(words): \(texts)")
        }
        // Stands for itself: nothing is fetched.
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(!text.contains("href") && !text.contains("<script") && !text.contains("url("))

        #expect(try bench(fixture.scanned, ["--plot", file]).exitCode == 0)
        let scanned = try SVGReader(contentsOf: file)
        #expect(scanned.isWellFormed && scanned.elements.count { $0 == "circle" } == 2)
        #expect(scanned.attributes["width"] == "920")
    }

    // MARK: Refusals

    @Test(
        "a wrong command line is refused with its usage and exit code 64",
        arguments: [
            (["-k", "0"], "-k is 0"), (["-k", "1048577"], "-k is 1048577"), (["-k", "ten"], "-k"),
            (["--threads", "-1"], "--threads is -1"), (["--threads", "2000"], "--threads is 2000"),
            (["--rounds", "0"], "--rounds is 0"), (["--json", "--csv"], "one of --json and --csv"),
            (["--plot", "x.png"], "name a .svg file"), (["--ef", "0"], "--ef lists \"0\"; use a whole number from 1"),
            (["--ef", "10,,20"], "--ef lists \"\""), (["--ef", "1.5"], "--ef lists \"1.5\""),
            (["--ef", "wide"], "\"wide\""),
            (["--slack", "-1.1"], "--slack lists \"-1.1\"; use a number from -1 on"), (["--slack", "inf"], "\"inf\""),
            (["--target-recall", "0"], "--target-recall lists \"0\""), (["--target-recall", "95"], "a share above 0"),
            (["--slack", String(repeating: "0,", count: 100) + "0"], "lists 101 values; use at most 100"),
        ] as [([String], String)])
    func wrongCommandLine(arguments: [String], says: String) throws {
        let result = try Tool.run(["bench", "--index", "x", "--queries", "y"] + arguments)
        #expect(result.exitCode == 64, "\(result.errors)")
        #expect(result.errors.contains(says), "\(result.errors)")
        #expect(result.errors.contains("Usage: index-tool bench"), "\(result.errors)")
    }

    @Test("what cannot be measured is refused by name")
    func refused() throws {
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(5, 9, seed: 1), to: directory + "/narrow.npy")
        var rows = VectorFiles.rows(5, IndexFixture.dimensions, seed: 1)
        rows[3] = [Float](repeating: 0, count: IndexFixture.dimensions)
        try VectorFiles.writeNpy(rows, to: directory + "/zero.npy")
        let none = VectorFiles.npyHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 24), }")
        try none.write(to: URL(fileURLWithPath: directory + "/none.npy"))
        let cases: [(index: String, queries: String, code: Int32, says: String)] = [
            (fixture.graph, directory + "/narrow.npy", 2, "narrow.npy: the queries have 9 dimensions and the index 24"),
            (fixture.graph, directory + "/zero.npy", 2, "(row 3)"),
            (fixture.graph, directory + "/none.npy", 2, "no queries"),
            (fixture.graph, directory + "/missing.npy", 2, "missing.npy"),
            (directory + "/missing.nxi", fixture.queries, 2, "missing.nxi"),
            (fixture.queries, fixture.queries, 1, "does not begin with a Nexify index's signature"),
        ]
        for (index, queries, code, says) in cases {
            let result = try Tool.run(["bench", "--index", index, "--queries", queries])
            #expect(result.exitCode == code && result.output.isEmpty, "\(says)")
            #expect(result.errors.contains(says), "\(result.errors)")
        }
        let plot = try bench(fixture.graph, ["--plot", directory + "/none/x.svg"])
        #expect(plot.exitCode == 2 && plot.errors.contains("takes no new file"))
    }
}
