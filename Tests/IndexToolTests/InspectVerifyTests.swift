import Foundation
import TestSupport
import Testing

@Suite("index-tool inspect and verify")
struct InspectVerifyTests {
    private let fixture: IndexFixture

    init() throws { fixture = try IndexFixture.shared.get() }

    @Test("inspect shows sizes, the recall curve and whether there is a self-test")
    func inspect() throws {
        let page = try Tool.run(["inspect", fixture.graph]).output
        let json = try Tool.run(["inspect", "--json", fixture.graph]).object
        let bytes = try #require(json["bytes"] as? Int)
        let rowBytes = try #require(json["rowBytes"] as? Int)
        #expect(rowBytes % 64 == 0 && rowBytes > 0)
        #expect(page.contains(/rows +[\d,]+ bytes: 8-bit own code/), "\(page)")
        #expect(page.contains(/size +[\d,]+ bytes, [\d,]+ a vector/), "\(page)")
        #expect(page.contains("self-test       in the file"), "\(page)")
        #expect(page.contains("searched for    recall 0.98"), "\(page)")
        #expect(page.contains("    k    slack   recall     hops"), "\(page)")
        let perVector = try #require(json["bytesPerVector"] as? Double)
        #expect(abs(perVector - Double(bytes) / Double(IndexFixture.rows)) < 0.1)
        #expect(json["hasSelfTest"] as? Bool == true && json["targetRecall"] as? Double == 0.98)
        let curve = try #require(json["calibration"] as? [[String: Double]])
        #expect(Set(curve.compactMap { $0["k"] }).isSuperset(of: [1, 10]))
        let ten = curve.filter { $0["k"] == 10 }
        #expect(ten.count > 3 && (ten.first?["slack"] ?? 1) < 0)
        let hops = ten.compactMap { $0["hops"] }
        #expect(hops.count == ten.count && zip(hops, hops.dropFirst()).allSatisfy { $0 <= $1 }, "\(hops)")
        // One line each.
        let points = page.split(separator: "\n").count { $0.contains(/^ +\d* +-?\d\.\d{4} +[01]\.\d{4} +[\d.]+$/) }
        #expect(points == curve.count)
    }

    @Test("an index without a graph has neither curve nor self-test")
    func inspectScanned() throws {
        let page = try Tool.run(["inspect", fixture.scanned]).output
        #expect(page.contains("none (scanned exactly)") && !page.contains("slack") && !page.contains("self-test"))
        let json = try Tool.run(["inspect", "--json", fixture.scanned]).object
        #expect((json["calibration"] as? [Any])?.isEmpty == true && json["hasSelfTest"] as? Bool == false)
        #expect(json["rowBytes"] as? Int == 0)
        #expect(
            try Tool.run(["verify", fixture.scanned]).output.contains("none in the file, which is scanned exactly"))
    }

    @Test(
        "verify runs the self-test and finds what the builder found",
        arguments: ["", "scalar", "avx2", "avx512", "neon"])
    func selfTest(level: String) throws {
        let environment = ["NEXIFY_SIMD": level]
        let json = try Tool.run(["verify", "--json", fixture.graph], environment: environment)
        #expect(json.exitCode == 0, "\(json.output) \(json.errors)")
        let object = try json.object
        #expect(object["sound"] as? Bool == true)
        let graph = try #require(object["graph"] as? [String: Any])
        #expect(graph["unreachable"] as? Int == 0)
        #expect((graph["nodesByNeighbors"] as? [Int])?.reduce(0, +) == IndexFixture.rows)
        let test = try #require(object["selfTest"] as? [String: Double])
        #expect(try #require(test["queries"]) > 0 && test["k"] == 10)
        #expect(try #require(test["recall"]) > 0.9 && test["recall"] == test["recallWhenBuilt"], "\(test)")
        let page = try Tool.run(["verify", fixture.graph], environment: environment)
        #expect(page.exitCode == 0)
        #expect(
            page.output.contains(
                /sound\. 3,000 vectors.*\ngraph: every node is reached; \d+\.\d neighbours a node.*\nself-test: \d+ queries, recall@10 [01]\.\d{4}, [01]\.\d{4} when it was built/
            )
        )
    }

    @Test("verify measures recall against exact searches, and shows how many neighbours nodes have")
    func recallAndDegrees() throws {
        let page = try Tool.run(["verify", fixture.graph, "--recall", "30"]).output
        #expect(
            page.contains(
                /\nrecall: 30 queries, recall@10 [01]\.\d{4} ± 0\.\d{4}, target 0\.98; of an exact search over the same file\n/
            ), "\(page)")
        #expect(
            page.contains(/\n\n  neighbours         nodes\n(?: +\d+(?: to \d+)? +[\d,]+(?:  (?:#+|\.))?\n)+$/),
            "\(page)")
        let none = try Tool.run(["verify", "--json", fixture.graph, "--recall", "0"]).object
        #expect(none["recall"] is NSNull && none["postgres"] is NSNull && (none["findings"] as? [Any])?.isEmpty == true)
        // Of a scanned index everything is found.
        let scanned = try Tool.run(["verify", "--json", fixture.scanned]).object["recall"] as? [String: Double]
        #expect(scanned?["recall"] == 1 && scanned?["queries"] == 100 && scanned?["standardError"] == 0)

        // Of twenty nodes each has all others as neighbours, or all but one.
        let directory = try TestDirectory.make("tool")
        try VectorFiles.writeNpy(VectorFiles.rows(20, 8, seed: 71), to: directory + "/x.npy")
        let small = [
            "build", "--input", directory + "/x.npy", "--output", directory + "/x.nxi", "--exact-scan-max", "0",
        ]
        #expect(try Tool.run(small).exitCode == 0)
        let histogram = try Tool.run(["verify", directory + "/x.nxi"]).output
        #expect(
            histogram.contains("\n    18 to 19            20  " + String(repeating: "#", count: 40) + "\n"),
            "\(histogram)")
        #expect(
            histogram.contains("\n    20 to 23             0\n")
                && histogram.hasSuffix("\n          32             0\n"))
    }

    @Test("a curve that promises too much is found out by searching")
    func tooLittleRecall() throws {
        let info = try Tool.run(["inspect", "--json", fixture.graph]).object
        let points = try #require(info["calibration"] as? [[String: Double]])
        let directory = try TestDirectory.make("tool")
        let file = directory + "/x.nxi"
        try FileManager.default.copyItem(atPath: fixture.graph, toPath: file)
        for k in [10.0, 16] {
            let first = try #require(points.firstIndex { $0["k"] == k })
            try RewrittenIndex.write(
                from: file, to: file, section: "CALB", offset: 16 * first + 8, value: Float(0.999).bitPattern)
        }
        let result = try Tool.run(["verify", file, "--recall", "200"])
        #expect(result.exitCode == 1 && result.output.contains("x.nxi: UNSOUND. "), "\(result.output)")
        #expect(
            result.errors.contains(
                /x\.nxi: searches for 200 of its own vectors find 0\.\d{4} of the 10 nearest, and its target/),
            "\(result.errors)")
        #expect(try Tool.run(["verify", file, "--recall", "0"]).exitCode == 0)
    }

    @Test("a terminal sees what is being checked; what is wrong stands in its place")
    func terminal() throws {
        let (exitCode, drawn) = try Tool.runOnTerminal(["verify", fixture.graph])
        #expect(exitCode == 0 && drawn.contains("\rfollowing links …") && drawn.contains("\rself-test …"), "\(drawn)")
        #expect(drawn.contains("\rrecall  0 %") && drawn.hasSuffix("\r\u{1B}[K") && !drawn.contains("\n"), "\(drawn)")
        let directory = try TestDirectory.make("tool")
        try RewrittenIndex.write(
            from: fixture.graph, to: directory + "/x.nxi", section: "SELF", offset: 8, value: Float(0.5).bitPattern)
        let (unsound, said) = try Tool.runOnTerminal(["verify", directory + "/x.nxi"])
        #expect(unsound == 1 && said.contains("\r\u{1B}[KError: ") && said.hasSuffix("[lowRecall]\r\n"), "\(said)")
    }

    @Test("a file whose self-test finds another share than it did is unsound")
    func weakSelfTest() throws {
        let directory = try TestDirectory.make("tool")
        let file = directory + "/x.nxi"
        // Another build's promise: the recall in the SELF section is changed and all checksums are made right again.
        try RewrittenIndex.write(
            from: fixture.graph, to: file, section: "SELF", offset: 8, value: Float(0.5).bitPattern)
        let result = try Tool.run(["verify", file])
        #expect(result.exitCode == 1, "\(result.output)")
        #expect(
            result.errors.contains("of the neighbours and found 0.5000 when the index was built"), "\(result.errors)")
        #expect(try Tool.run(["verify", "--fast", file]).exitCode == 0)
    }

    @Test("a little more or less is another version's walk, and sound")
    func otherVersionsSelfTest() throws {
        let directory = try TestDirectory.make("tool")
        let test = try #require(try Tool.run(["verify", "--json", fixture.graph]).object["selfTest"] as? [String: Any])
        let recall = try #require(test["recall"] as? Double)
        for (change, exitCode) in [(-0.015, 0), (-0.03, 1), (0.015, 0), (0.03, 1), (.nan, 1)] as [(Double, Int32)] {
            let file = directory + "/\(change).nxi"
            try RewrittenIndex.write(
                from: fixture.graph, to: file, section: "SELF", offset: 8, value: Float(recall + change).bitPattern)
            let result = try Tool.run(["verify", file])
            #expect(result.exitCode == exitCode, "\(change): \(result.output) \(result.errors)")
        }
    }

    @Test("as JSON, an unsound file says what and where; exit codes stay")
    func unsoundJSON() throws {
        let directory = try TestDirectory.make("tool")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.graph))
        bytes[5_000] ^= 1
        try bytes.write(to: URL(fileURLWithPath: directory + "/flipped"))
        try bytes.prefix(6_000).write(to: URL(fileURLWithPath: directory + "/cut"))
        try Data("text".utf8).write(to: URL(fileURLWithPath: directory + "/text"))
        for (name, code) in [("flipped", "damaged"), ("cut", "truncated"), ("text", "notAnIndex")] {
            let result = try Tool.run(["verify", "--json", "\(directory)/\(name)"])
            #expect(result.exitCode == 1 && result.errors.isEmpty, "\(name): \(result.errors)")
            let object = try result.object
            #expect(object["sound"] as? Bool == false && object["file"] as? String == "\(directory)/\(name)")
            let error = try #require(object["error"] as? [String: Any])
            #expect(error["code"] as? String == code)
            #expect((error["message"] as? String)?.isEmpty == false && (error["remedy"] as? String)?.isEmpty == false)
            #expect(error["section"] is String && error["offset"] is Int)
        }
        let other = try Tool.run(["verify", "--json", fixture.graph, "--model-fingerprint", "other"])
        #expect(other.exitCode == 1)
        #expect(try (other.object["error"] as? [String: Any])?["code"] as? String == "fingerprintMismatch")
        let missing = try Tool.run(["verify", "--json", directory + "/missing"])
        #expect(missing.exitCode == 2)
        #expect(try missing.object["sound"] is NSNull)
    }
}
