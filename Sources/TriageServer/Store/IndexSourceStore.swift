import JobQueue
import Postgres
import Triage

/// The rows that indexes are built from: which still need a vector, and the vectors themselves.
struct IndexSourceStore: Sendable {
    /// What an index is built from, all of one moment.
    struct Contents: Sendable {
        var version: Int64
        /// Ascending.
        var ids: [Int64]
        var vectors: [[Float]]
    }

    let pool: PostgresPool
    let queue: JobQueue

    /// Whether an index would have more rows than that. - Complexity: O(count), not of the rows.
    func hasMore(than count: Int, of kind: IndexKind, in organization: OrganizationID) async throws -> Bool {
        let beyond = try await pool.query(
            """
            SELECT 1 AS one FROM \(kind.source.table) WHERE organization_id = \(organization)
            OFFSET \(count) LIMIT 1
            """, in: organization)
        return !beyond.isEmpty
    }

    /// The rows that have a vector of that model, with the version they are of.
    func contents(of kind: IndexKind, in organization: OrganizationID, model: String) async throws -> Contents {
        let source = kind.source
        return try await pool.withTransaction(in: organization, .readOnly) { connection in
            let version = try await connection.query(
                """
                SELECT version FROM index_sources
                WHERE organization_id = \(organization) AND kind = \(kind.rawValue)
                """)
            let rows = try await connection.query(
                """
                SELECT \(source.id) AS id, embedding FROM \(source.table)
                WHERE organization_id = \(organization) AND embedding_model = \(model) ORDER BY 1
                """)
            return Contents(
                version: try version.first?.decode("version") ?? 0, ids: try rows.map { try $0.decode("id") },
                vectors: try rows.map { try $0.decode("embedding", as: PostgresVector.self).values })
        }
    }

    /// Rows whose vector is missing or another model's, at most `limit`.
    func unembedded(
        _ kind: IndexKind, in organization: OrganizationID, model: String, limit: Int
    ) async throws -> [(id: Int64, text: String)] {
        let query: SQL =
            switch kind {
            case .knowledgeBase:
                """
                SELECT c.id, d.title || E'\n\n' || c.text AS text
                FROM chunks c JOIN documents d ON d.id = c.document_id
                WHERE c.organization_id = \(organization) AND c.embedding_model IS DISTINCT FROM \(model)
                ORDER BY c.id LIMIT \(limit)
                """
            case .decided:
                """
                SELECT d.ticket_id AS id, t.subject || E'\n\n' || left(t.body, 20000) AS text
                FROM decided_tickets d JOIN tickets t ON t.id = d.ticket_id
                WHERE d.organization_id = \(organization) AND d.embedding_model IS DISTINCT FROM \(model)
                ORDER BY d.ticket_id LIMIT \(limit)
                """
            }
        return try await pool.query(query, in: organization).map { (try $0.decode("id"), try $0.decode("text")) }
    }

    /// Writes vectors and says which rows have them. Rows that are gone by now are passed over.
    func store(
        _ vectors: [(id: Int64, vector: [Float])], model: String, kind: IndexKind, in organization: OrganizationID
    ) async throws {
        let source = kind.source
        try await pool.withTransaction(in: organization) { connection in
            for (id, vector) in vectors {
                try await connection.execute(
                    """
                    UPDATE \(source.table) SET embedding = \(PostgresVector(vector)), embedding_model = \(model)
                    WHERE \(source.id) = \(id) AND organization_id = \(organization)
                    """)
            }
            try await connection.recordIndexChange(kind, of: organization, rows: vectors.map(\.id))
        }
    }

    /// Every index with rows that have no vector of this model, and how many; after a start with another model that is
    /// all of them.
    func missing(model: String) async throws -> [(organization: OrganizationID, kind: IndexKind, rows: Int)] {
        try await pool.query(
            "SELECT organization_id, kind, n FROM unembedded_rows(\(model)) ORDER BY kind DESC, organization_id"
        ).map { (try $0.decode("organization_id"), try $0.decodeCase("kind"), try $0.decode("n")) }
    }

    /// Enqueues the embedding of all that is missing.
    func enqueueMissing(model: String) async throws {
        let missing = try await missing(model: model)
        guard !missing.isEmpty else { return }
        try await pool.withTransaction { connection in
            for (organization, kind, _) in missing {
                _ = try await JobQueue.enqueue(.embed(kind, of: organization), on: connection)
            }
        }
        queue.hint()
    }
}
