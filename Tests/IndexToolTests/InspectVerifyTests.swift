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
