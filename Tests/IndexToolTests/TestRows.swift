import Logging
import Postgres
import TestSupport

/// A database with an organisation's embedded rows: the columns that the tool reads, as the server's schema has them.
struct TestRows {
    let url: String

    static let model = "model a"

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
        """

    /// - Parameter script: what else the database holds.
    static func make(_ script: String = "") async throws -> TestRows {
        let rows = TestRows(url: try await TestDatabase.make())
        try await rows.run(schema + script)
        return rows
    }

    /// An organisation 1 of version 5 whose passages are the vectors, under ids from 100 on; organisation 2 has some, too.
    static func make(passages: [[Float]]) async throws -> TestRows {
        let rows = try await make(
            """
            INSERT INTO organizations VALUES (1, 'one'), (2, 'two');
            INSERT INTO index_sources VALUES (1, 'kb', 5), (2, 'kb', 9);
            INSERT INTO chunks VALUES (1, 1, NULL, NULL);
            """)
        try await rows.withConnection { connection in
            for (first, organization) in [(100, 1), (1_000_000, 2)] as [(Int, Int64)] {
                try await connection.copyIn(
                    "COPY chunks (id, organization_id, embedding, embedding_model) FROM STDIN (FORMAT binary)",
                    rows: passages.enumerated().map {
                        PostgresCopyRow(Int64(first + $0.offset), organization, PostgresVector($0.element), model)
                    })
            }
        }
        return rows
    }

    /// What `build` and `verify` need to find the passages of organisation 1.
    var arguments: [String] { ["--database-url", url, "--organization", "1", "--kind", "kb"] }

    func run(_ script: String) async throws { try await withConnection { try await $0.script(script) } }

    private func withConnection(_ body: @Sendable (PostgresConnection) async throws -> Void) async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(connectionString: url))
        let result: Result<Void, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        try result.get()
    }
}
