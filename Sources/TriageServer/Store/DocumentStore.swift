import JobQueue
import Postgres
import Triage

/// The knowledge base's documents and their chunks.
struct DocumentStore: Sendable {
    let pool: PostgresPool
    let queue: JobQueue

    static let columns: SQL = """
        d.id, d.organization_id, d.title, d.text, d.metadata, d.created_at, d.updated_at, d.version,
        NOT EXISTS (SELECT FROM chunks c WHERE c.document_id = d.id AND c.embedding IS NULL) AS indexed
        """

    /// Writes the document with its chunks and the job that embeds them, in one transaction.
    func create(
        title: String, text: String, metadata: JSONValue, in organization: OrganizationID
    ) async throws -> Document {
        let document = try await pool.withTransaction(in: organization) { connection in
            let document = try await Self.insert(
                title: title, text: text, metadata: metadata, in: organization, on: connection)
            _ = try await JobQueue.enqueue(.embed(.knowledgeBase, of: organization), on: connection)
            return document
        }
        queue.hint()
        return document
    }

    /// The rows alone; the caller sees to their embedding.
    static func insert(
        title: String, text: String, metadata: JSONValue, in organization: OrganizationID,
        on connection: PostgresConnection
    ) async throws -> Document {
        let row = try await connection.query(
            """
            INSERT INTO documents AS d (organization_id, title, text, metadata)
            VALUES (\(organization), \(title), \(text), \(metadata))
            RETURNING \(columns)
            """
        ).one()
        var document = try row.document()
        let passages = TextChunker().chunks(of: text)
        try await connection.execute(
            """
            INSERT INTO chunks (organization_id, document_id, chunk_index, text, char_start, char_end)
            SELECT \(organization), \(document.id), (c.ordinality - 1)::integer, c.text, c.char_start, c.char_end
            FROM unnest(\(passages.map(\.text)), \(passages.map { Int32($0.characters.lowerBound) }),
                        \(passages.map { Int32($0.characters.upperBound) }))
                WITH ORDINALITY AS c (text, char_start, char_end, ordinality)
            """)
        document.indexStatus = passages.isEmpty ? .indexed : .pending
        return document
    }

    /// Newest first.
    func documents(in organization: OrganizationID, page: PageWindow) async throws -> Page<Document> {
        try await pool.page(
            count: "SELECT count(*) AS n FROM documents WHERE organization_id = \(organization)",
            rows: """
                SELECT \(Self.columns) FROM documents d WHERE d.organization_id = \(organization)
                ORDER BY d.id DESC LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization
        ) { try $0.document() }
    }

    /// How much `documents(in:page:)` would read of what has no small bound. Looks at no text.
    func textBytes(in organization: OrganizationID, page: PageWindow) async throws -> Int {
        try await pool.query(
            """
            SELECT coalesce(sum(octet_length(text) + octet_length(metadata::text)), 0)::bigint AS n FROM (
                SELECT text, metadata FROM documents WHERE organization_id = \(organization)
                ORDER BY id DESC LIMIT \(page.limit) OFFSET \(page.offset)
            ) AS page
            """, in: organization
        ).one().decode("n")
    }

    func document(_ id: DocumentID, in organization: OrganizationID) async throws -> Document? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM documents d WHERE d.id = \(id) AND d.organization_id = \(organization)",
            in: organization)
        return try rows.first?.document()
    }

    /// Removes document and chunks; retrieval reads every hit's row, so it is gone from answers at once.
    ///
    /// - Parameter ifVersion: the version the caller saw; nil to delete whatever is there.
    /// - Throws: `StoreError.notFound`, `.versionMismatch`.
    func delete(_ id: DocumentID, in organization: OrganizationID, ifVersion: Int64? = nil) async throws {
        try await pool.withTransaction(in: organization) { connection in
            let document = try await connection.lockedDocument(id, in: organization)
            if let ifVersion, ifVersion != document.version { throw StoreError.versionMismatch }
            // Locked, so that no chunk's vector is written between reading the ids and the end.
            let chunks = try await connection.query(
                """
                SELECT id FROM chunks WHERE document_id = \(id) AND organization_id = \(organization)
                ORDER BY id FOR UPDATE
                """)
            let deleted = try await connection.execute(
                "DELETE FROM documents WHERE id = \(id) AND organization_id = \(organization)")
            guard deleted == 1 else { throw StoreError.notFound }
            try await connection.recordIndexChange(
                .knowledgeBase, of: organization, rows: try chunks.map { try $0.decode("id") })
        }
    }

    /// In reading order.
    func chunks(
        of document: DocumentID, in organization: OrganizationID, page: PageWindow
    ) async throws -> Page<Chunk> {
        let condition: SQL = "document_id = \(document) AND organization_id = \(organization)"
        return try await pool.page(
            count: "SELECT count(*) AS n FROM chunks WHERE \(condition)",
            rows: """
                SELECT id, document_id, chunk_index, text, char_start, char_end, created_at
                FROM chunks WHERE \(condition) ORDER BY chunk_index LIMIT \(page.limit) OFFSET \(page.offset)
                """, in: organization
        ) { try $0.chunk() }
    }
}
