import ArgumentParser
import Logging
import Postgres
import VectorIndex

/// The organisation's embedded rows as they stand in Postgres; the only file that knows Postgres.
struct PostgresSource {
    /// Which rows an index is built from.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        // The raw values are also the kinds' names in the table index_sources.
        /// Passages of the knowledge base.
        case kb
        /// Tickets that people have decided.
        case decided
    }

    /// All of one moment.
    struct Contents: Sendable {
        var ids: [UInt64]
        var vectors: [[Float]]
        /// The one model of all vectors; nil when there are none.
        var model: String?
        /// How far the source had come.
        var version: UInt64
    }

    static func contents(url: String, organization: Int64, kind: Kind) async throws -> Contents {
        let logger = Logger(label: "index-tool", factory: { _ in SwiftLogNoOpLogHandler() })
        let pool = PostgresPool(configuration: PostgresConfiguration(connectionString: url), logger: logger)
        do {
            let contents = try await pool.withTransaction(.repeatableRead) { connection in
                try await read(connection, organization: organization, kind: kind)
            }
            await pool.shutdown()
            return contents
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    private static func read(
        _ connection: PostgresConnection, organization: Int64, kind: Kind
    ) async throws -> Contents {
        let organizations = try await connection.query("SELECT id FROM organizations WHERE id = \(organization)")
        guard !organizations.isEmpty else {
            throw VectorIndexError(
                .notFound, "there is no organisation \(organization) in this database",
                remedy: "Name an organisation that it has, or another --database-url.")
        }
        let versions = try await connection.query(
            """
            SELECT version FROM index_sources
            WHERE organization_id = \(organization) AND kind = \(kind.rawValue)
            """)
        let rows: [PostgresRow]
        switch kind {
        case .kb:
            rows = try await connection.query(
                """
                SELECT id, embedding, embedding_model FROM chunks
                WHERE organization_id = \(organization) AND embedding IS NOT NULL ORDER BY id
                """)
        case .decided:
            rows = try await connection.query(
                """
                SELECT ticket_id AS id, embedding, embedding_model FROM decided_tickets
                WHERE organization_id = \(organization) AND embedding IS NOT NULL ORDER BY ticket_id
                """)
        }
        let models = Set(try rows.map { try $0.decode("embedding_model", as: String.self) })
        guard models.count <= 1 else {
            throw VectorIndexError(
                .fingerprintMismatch,
                "the rows hold vectors of \(models.count) models: \(models.sorted().joined(separator: ", "))",
                remedy: "Let the server embed all rows anew with one model first.")
        }
        let version: Int64 = try versions.first?.decode("version") ?? 0
        return Contents(
            ids: try rows.map { UInt64(bitPattern: try $0.decode("id", as: Int64.self)) },
            vectors: try rows.map { try $0.decode("embedding", as: PostgresVector.self).values }, model: models.first,
            version: UInt64(bitPattern: version))
    }
}
