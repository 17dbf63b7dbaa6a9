import Foundation
import TestSupport
import Testing

@Suite("index-tool build, from a database")
struct DatabaseTests {
    private static let rows = """
        INSERT INTO organizations VALUES (1, 'one'), (2, 'two');
        INSERT INTO index_sources VALUES (1, 'kb', 77);
        INSERT INTO chunks SELECT 1000 + i, 1, ARRAY[i, 1, 2]::real[]::vector, 'model a' FROM generate_series(1, 20) i;
        INSERT INTO chunks VALUES (5, 1, NULL, NULL), (6, 2, NULL, NULL);
        INSERT INTO decided_tickets VALUES (1, 1, '[1,2]', 'model a'), (2, 1, '[2,1]', 'model b'), (3, 2, '[0,0]', 'm');
        """

    @Test("an organisation's rows under their own ids; others are refused in words")
    func fromPostgres() async throws {
        let url = try await TestRows.make(Self.rows).url
        let directory = try TestDirectory.make("tool")
        let file = directory + "/x.nxi"

        let built = try Tool.run(
            ["build", "--organization", "1", "--kind", "kb", "--output", file], environment: ["DATABASE_URL": url])
        #expect(built.exitCode == 0, "\(built.errors)")
        let info = try Tool.run(["inspect", "--json", file]).object
        #expect(info["count"] as? Int == 20 && info["dimensions"] as? Int == 3)
        #expect(info["sourceVersion"] as? Int == 77 && info["modelFingerprint"] as? String == "model a")
        #expect(try Tool.run(["search", file, "--id", "1020", "-k", "1"]).output.contains(" 1020  1.000000"))

        let refusals: [([String], String)] = [
            (["9", "--kind", "kb"], "there is no organisation 9"),
            (["2", "--kind", "kb"], "organisation 2 has no embedded rows of kind kb"),
            (["1", "--kind", "decided"], "vectors of 2 models: model a, model b"),
            (["2", "--kind", "decided"], "(id 3)"),
        ]
        for (arguments, says) in refusals {
            let output = directory + "/none.nxi"
            let built = try Tool.run(
                ["build", "--output", output, "--database-url", url, "--organization"] + arguments)
            #expect(built.exitCode != 0 && built.exitCode != 64, "\(arguments)")
            #expect(built.errors.contains(says), "\(built.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
        let unreachable = try Tool.run([
            "build", "--output", file, "--organization", "1", "--kind", "kb", "--database-url",
            "postgresql://nobody@127.0.0.1:1/none",
        ])
        #expect(unreachable.exitCode == 2 && unreachable.errors.hasPrefix("Error: "), "\(unreachable.errors)")
    }

    @Test("rows come out as the same vectors from a file do, whatever order the table has them in")
    func sameVectors() async throws {
        let vectors = VectorFiles.rows(2_500, 24, seed: 51)
        let directory = try TestDirectory.make("tool")
        let rows = try await TestRows.make(passages: vectors)
        // The table's order is not the ids' any more.
        try await rows.run("UPDATE chunks SET embedding_model = embedding_model WHERE id % 3 = 0 AND id >= 100")
        let built = try Tool.run(["build", "--output", directory + "/rows.nxi", "--json"] + rows.arguments)
        #expect(built.exitCode == 0 && built.errors.isEmpty, "\(built.errors)")
        #expect(try built.object["count"] as? Int == 2_500)
        #expect((try built.object["phaseSeconds"] as? [String: Double])?["reading"] != nil)
        let found = try Tool.run(["search", directory + "/rows.nxi", "--id", "107", "-k", "1", "--json"])
        #expect(found.output.contains("\"id\": 107"))
        let exported = try Tool.run([
            "export", directory + "/rows.nxi", "--output", directory + "/v.npy", "--ids", directory + "/i.npy",
        ])
        #expect(exported.exitCode == 0)
        try VectorFiles.writeNpy(vectors, to: directory + "/x.npy")
        _ = try Tool.run(["build", "--input", directory + "/x.npy", "--output", directory + "/file.nxi"])
        _ = try Tool.run(["export", directory + "/file.nxi", "--output", directory + "/w.npy"])
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: directory + "/v.npy"))
                == Data(contentsOf: URL(fileURLWithPath: directory + "/w.npy")))
    }
}
