import Foundation
import TestSupport
import Testing

@Suite("index-tool verify, against Postgres")
struct VerifyDatabaseTests {
    private static let vectors = VectorFiles.rows(2_600, 24, seed: 61)

    private struct System {
        let rows: TestRows
        let file: String

        func verify(_ more: [String] = []) throws -> (exitCode: Int32, object: [String: Any]) {
            let result = try Tool.run(["verify", file, "--json", "--recall", "40"] + rows.arguments + more)
            #expect(result.errors.isEmpty, "\(result.errors)")
            return (result.exitCode, try result.object)
        }
    }

    /// An index that was just built from the rows of a database.
    private func system(_ options: [String] = []) async throws -> System {
        let rows = try await TestRows.make(passages: Self.vectors)
        let file = try TestDirectory.make("tool") + "/kb.nxi"
        let built = try Tool.run(["build", "--output", file] + rows.arguments + options)
        try #require(built.exitCode == 0, "\(built.errors)")
        return System(rows: rows, file: file)
    }

    private func postgres(_ object: [String: Any]) throws -> [String: Any] {
        try #require(object["postgres"] as? [String: Any], "\(object)")
    }

    private func ids(_ found: [String: Any], _ name: String) throws -> (count: Int, first: [Int]) {
        let list = try #require(found[name] as? [String: Any])
        return (try #require(list["count"] as? Int), try #require(list["first"] as? [Int]))
    }

    @Test("the rows that it was built from: nothing differs, and pgvector agrees", arguments: ["cosine", "l2", "ip"])
    func sound(metric: String) async throws {
        let system = try await system(["--metric", metric])
        let (exitCode, object) = try system.verify()
        #expect(exitCode == 0 && object["sound"] as? Bool == true, "\(object)")
        let found = try postgres(object)
        #expect(found["version"] as? Int == 5 && found["fileVersion"] as? Int == 5 && found["behind"] as? Int == 0)
        #expect(found["rows"] as? Int == 2_600 && found["otherRows"] as? Int == 0)
        for name in ["missing", "extra", "stale"] { #expect(try ids(found, name).count == 0, "\(name)") }
        let agreement = try #require(found["agreement"] as? [String: Any])
        let recall = try #require(object["recall"] as? [String: Any])
        #expect(agreement["queries"] as? Int == 40 && agreement["k"] as? Int == 10)
        #expect(try #require(agreement["recall"] as? Double) > 0.95)
        // Two ways to the same truth: what pgvector finds is what an exact search over the file does.
        #expect(try abs(#require(agreement["recall"] as? Double) - #require(recall["recall"] as? Double)) < 0.01)
        let page = try Tool.run(["verify", system.file] + system.rows.arguments)
        #expect(page.exitCode == 0 && page.errors.isEmpty, "\(page.errors)")
        #expect(page.output.contains("postgres: version 5, the file is of the same; 2,600 rows\n"), "\(page.output)")
        #expect(page.output.contains("  missing 0, extra 0, stale 0\n"))
        #expect(
            page.output.contains(
                /\ \ pgvector: 100 queries, recall@10 [01]\.\d{4} ± 0\.\d{4}, target 0\.98; of its exact/))
    }

    private static let changes = """
        DELETE FROM chunks WHERE id IN (107, 2000);
        UPDATE chunks SET embedding = (SELECT embedding FROM chunks WHERE id = 300) WHERE id IN (110, 111, 112);
        INSERT INTO chunks SELECT 9000 + i, 1, embedding, embedding_model
            FROM chunks JOIN generate_series(1, 12) i ON chunks.id = 400 + i;
        """

    @Test("rows that differ under the same version are a fault, each kind by name")
    func differs() async throws {
        let system = try await system()
        try await system.rows.run(Self.changes)
        let (exitCode, object) = try system.verify()
        #expect(exitCode == 1 && object["sound"] as? Bool == false, "\(object)")
        let found = try postgres(object)
        #expect(try ids(found, "missing").count == 12 && ids(found, "missing").first == Array(9001...9010))
        #expect(try ids(found, "extra") == (2, [107, 2000]))
        #expect(try ids(found, "stale") == (3, [110, 111, 112]))
        let error = try #require(object["error"] as? [String: Any])
        #expect(error["code"] as? String == "differs" && (error["remedy"] as? String)?.isEmpty == false)
        // Over the rows that both have, nothing is wrong.
        #expect(try #require((found["agreement"] as? [String: Any])?["recall"] as? Double) > 0.95)
        let page = try Tool.run(["verify", system.file] + system.rows.arguments)
        #expect(page.exitCode == 1)
        #expect(page.output.contains("kb.nxi: UNSOUND. 2,600 vectors"), "\(page.output)")
        #expect(
            page.output.contains(
                "  missing 12 (9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008, 9009, 9010, …), extra 2 (107, 2000), stale 3 (110, 111, 112)\n"
            ),
            "\(page.output)")
        #expect(
            page.errors.contains("12 rows are missing, 2 are extra and 3 are stale. Rebuild the index"),
            "\(page.errors)")
    }

    @Test("a file that is behind is told to be, and is unsound only beyond what is allowed")
    func behind() async throws {
        let system = try await system()
        try await system.rows.run(Self.changes + "UPDATE index_sources SET version = 8 WHERE organization_id = 1")
        let (exitCode, object) = try system.verify()
        #expect(exitCode == 0 && object["sound"] as? Bool == true, "\(object)")
        #expect(try postgres(object)["behind"] as? Int == 3)
        #expect(try ids(postgres(object), "missing").count == 12)
        #expect(try system.verify(["--behind-max", "3"]).exitCode == 0)
        let (tooOld, says) = try system.verify(["--behind-max", "2"])
        #expect(tooOld == 1 && (says["error"] as? [String: Any])?["code"] as? String == "behind")
        let page = try Tool.run(["verify", system.file] + system.rows.arguments)
        #expect(page.exitCode == 0 && page.errors.isEmpty)
        #expect(page.output.contains("version 8, the file is of 5: behind by 3 versions; 2,610 rows"), "\(page.output)")
        #expect(
            page.output.contains("stale 3 (110, 111, 112): rows have moved on since it was built"), "\(page.output)")
    }

    @Test("a file that is ahead of the rows is another database's")
    func ahead() async throws {
        let system = try await system()
        try await system.rows.run("UPDATE index_sources SET version = 4 WHERE organization_id = 1")
        let (exitCode, object) = try system.verify()
        #expect(exitCode == 1 && (object["error"] as? [String: Any])?["code"] as? String == "ahead", "\(object)")
        #expect(try postgres(object)["behind"] as? Int == -1)
    }

    @Test("searches that pgvector does not agree with are a fault of the file")
    func disagrees() async throws {
        // Targets are missed where a file says of itself that less slack is enough: its curve is made to promise what it
        // does not hold.
        let system = try await system()
        let info = try Tool.run(["inspect", "--json", system.file]).object
        let points = try #require(info["calibration"] as? [[String: Double]])
        let first = try #require(points.firstIndex { $0["k"] == 10 })
        let lying = try TestDirectory.make("tool") + "/lying.nxi"
        try RewrittenIndex.write(
            from: system.file, to: lying, section: "CALB", offset: 16 * first + 8, value: Float(0.999).bitPattern)
        let middle = try #require(points.firstIndex { $0["k"] == 16 })
        try RewrittenIndex.write(
            from: lying, to: lying, section: "CALB", offset: 16 * middle + 8, value: Float(0.999).bitPattern)
        let result = try Tool.run(["verify", lying, "--json", "--recall", "200"] + system.rows.arguments)
        #expect(result.exitCode == 1, "\(result.output)")
        let findings = try #require(try result.object["findings"] as? [[String: Any]])
        #expect(findings.map { $0["code"] as? String } == ["lowRecall", "lowRecall"], "\(findings)")
        #expect((findings.last?["message"] as? String)?.contains("agrees with pgvector in 0.") == true)
    }

    @Test("of rows that have moved on by far only the difference is told")
    func farBehind() async throws {
        let system = try await system()
        try await system.rows.run(
            """
            UPDATE chunks SET embedding = embedding * array_fill(2, ARRAY[24])::vector + (
                SELECT embedding FROM chunks WHERE id = 100) WHERE organization_id = 1 AND id >= 1100;
            UPDATE index_sources SET version = 6 WHERE organization_id = 1;
            """)
        let (exitCode, object) = try system.verify()
        let found = try postgres(object)
        #expect(try exitCode == 0 && ids(found, "stale").count == 1_600 && found["agreement"] is NSNull)
        let page = try Tool.run(["verify", system.file] + system.rows.arguments)
        #expect(page.output.contains("  pgvector: not compared, since more than 1,000 ids of one kind differ\n"))
    }

    @Test("rows of another model are no part of the index")
    func otherModel() async throws {
        let system = try await system()
        try await system.rows.run("INSERT INTO chunks VALUES (9999, 1, '[1,2,3]', 'model b')")
        let (exitCode, object) = try system.verify()
        #expect(exitCode == 0, "\(object)")
        #expect(try postgres(object)["otherRows"] as? Int == 1 && postgres(object)["rows"] as? Int == 2_600)
    }

    @Test("what cannot be asked is exit code 2; an unsound file stays unsound")
    func notChecked() async throws {
        let system = try await system()
        let nowhere = ["--organization", "1", "--kind", "kb", "--database-url", "postgresql://nobody@127.0.0.1:1/none"]
        let page = try Tool.run(["verify", system.file] + nowhere)
        #expect(page.exitCode == 2, "\(page.errors)")
        #expect(
            page.output.contains("kb.nxi: sound.") && page.output.contains("postgres: not checked"), "\(page.output)")
        #expect(page.errors.hasPrefix("Error: ") && page.errors.split(separator: "\n").count == 1, "\(page.errors)")
        let json = try Tool.run(["verify", "--json", system.file] + nowhere)
        #expect(try json.exitCode == 2 && json.object["sound"] is NSNull)
        #expect((try json.object["error"] as? [String: Any])?["message"] is String && json.errors.isEmpty)
        let organization = try Tool.run(
            ["verify", system.file, "--kind", "kb", "--database-url", system.rows.url, "--organization", "77"])
        #expect(organization.exitCode == 2 && organization.errors.contains("there is no organisation 77"))
        let bare = try await TestDatabase.make()
        let empty = try Tool.run(
            ["verify", system.file, "--kind", "kb", "--organization", "1", "--database-url", bare])
        #expect(empty.exitCode == 2 && empty.errors.contains("it is none of Nexify's. Name the server's own"))
        let weak = try TestDirectory.make("tool") + "/weak.nxi"
        try RewrittenIndex.write(
            from: system.file, to: weak, section: "SELF", offset: 8, value: Float(0.5).bitPattern)
        let both = try Tool.run(["verify", weak] + nowhere)
        #expect(both.exitCode == 1 && both.errors.split(separator: "\n").count == 2, "\(both.errors)")
    }

    @Test(
        "a wrong command line is refused with its usage and exit code 64",
        arguments: [
            (["--recall", "-1"], "--recall is -1; use 0 to 100000"), (["--recall", "100001"], "--recall is 100001"),
            (["--behind-max", "-1"], "--behind-max is -1"), (["--behind-max", "1"], "--behind-max is about rows"),
            (["--fast", "--recall", "5"], "--fast reads the first page only"),
            (["--fast", "--organization", "1"], "--fast reads the first page only"),
            (["--organization", "1"], "--organization and --kind, with --database-url"),
            (["--kind", "kb"], "Say which rows to compare with"),
            (["--database-url", "postgresql://x/y"], "Say which rows to compare with"),
            (["--organization", "1", "--kind", "kb"], "No database is named"),
        ] as [([String], String)])
    func wrongCommandLine(arguments: [String], says: String) throws {
        let result = try Tool.run(["verify", "x.nxi"] + arguments, environment: ["DATABASE_URL": ""])
        #expect(result.exitCode == 64 && result.errors.contains(says), "\(result.errors)")
        #expect(result.errors.contains("Usage: index-tool verify"), "\(result.errors)")
    }
}
