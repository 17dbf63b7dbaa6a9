import Foundation
import Logging
import Postgres
import TestSupport
import Testing

@Suite("index-tool build, from a database")
struct DatabaseTests {
    /// The columns that the tool reads, as the server's schema has them.
    private static let schema = """
        CREATE EXTENSION vector;
        CREATE TABLE organizations (id bigint PRIMARY KEY, name text NOT NULL);
        CREATE TABLE index_sources (
            organization_id bigint NOT NULL, kind text NOT NULL, version bigint NOT NULL,
            PRIMARY KEY (organization_id, kind));
        CREATE TABLE chunks (
            id bigint PRIMARY KEY, organization_id bigint NOT NULL, embedding vector, embedding_model text);
        CREATE TABLE decided_tickets (
            ticket_id bigint PRIMARY KEY, organization_id bigint NOT NULL, embedding vector, embedding_model text);
        INSERT INTO organizations VALUES (1, 'one'), (2, 'two');
        INSERT INTO index_sources VALUES (1, 'kb', 77);
        INSERT INTO chunks SELECT 1000 + i, 1, ARRAY[i, 1, 2]::real[]::vector, 'model a' FROM generate_series(1, 20) i;
        INSERT INTO chunks VALUES (5, 1, NULL, NULL), (6, 2, NULL, NULL);
        INSERT INTO decided_tickets VALUES (1, 1, '[1,2]', 'model a'), (2, 1, '[2,1]', 'model b'), (3, 2, '[0,0]', 'm');
        """

    @Test("an organisation's rows under their own ids; others are refused in words")
    func fromPostgres() async throws {
        let url = try await TestDatabase.make()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let pool = PostgresPool(configuration: PostgresConfiguration(connectionString: url), logger: logger)
        try await pool.withConnection { try await $0.script(Self.schema) }
        await pool.shutdown()
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
}
