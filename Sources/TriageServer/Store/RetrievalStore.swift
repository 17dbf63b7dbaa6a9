import Postgres
import Triage

/// What retrieval reads from Postgres: passages and labels by id, full-text hits, and pgvector's exact answers.
struct RetrievalStore: Sendable {
    /// Lexemes of a query that full-text search looks for; a ticket may have thousands.
    static let lexemesMax = 64

    /// A row near a query: its id and its cosine.
    struct Hit: Sendable, Equatable {
        var id: Int64
        var cosine: Double
    }

    let pool: PostgresPool

    // MARK: Passages

    /// The passages of those ids that (still) exist in the organisation, in no order; ranks and scores are left empty.
    func passages(_ ids: [ChunkID], in organization: OrganizationID) async throws -> [Passage] {
        guard !ids.isEmpty else { return [] }
        let rows = try await pool.query(
            """
            SELECT c.id, c.chunk_index, c.document_id, d.title, c.text, c.char_start, c.char_end
            FROM chunks c JOIN documents d ON d.organization_id = c.organization_id AND d.id = c.document_id
            WHERE c.organization_id = \(organization) AND c.id = ANY(\(ids.map(\.rawValue)))
            """, in: organization)
        return try rows.map { row in
            Passage(
                chunkID: try row.decode("id"), chunkIndex: try row.decode("chunk_index"),
                documentID: try row.decode("document_id"), documentTitle: try row.decode("title"),
                text: try row.decode("text"),
                characters: try row.decode("char_start", as: Int.self)..<row.decode("char_end", as: Int.self),
                score: 0, vectorRank: nil, textRank: nil, cosine: nil)
        }
    }

    /// Chunks that share words with the text, best first. Any of the words counts: a ticket never has all of them.
    func chunksMatching(text: String, in organization: OrganizationID, limit: Int) async throws -> [ChunkID] {
        let rows = try await pool.query(
            """
            WITH words AS (
                SELECT string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery
                       AS query
                FROM (SELECT lexeme FROM unnest(to_tsvector('english', left(\(text), 20000)))
                      ORDER BY cardinality(positions) DESC, lexeme LIMIT \(Self.lexemesMax)) AS chosen
            )
            SELECT found.id FROM words, chunks_matching(words.query, \(Int32(clamping: limit))) AS found
            ORDER BY found.rank
            """, in: organization)
        return try rows.map { try $0.decode("id") }
    }

    // MARK: Decided tickets

    /// The labels of those tickets that are (still) decided, in no order; scores are left empty.
    func decidedTickets(_ ids: [TicketID], in organization: OrganizationID) async throws -> [DecidedTicket] {
        guard !ids.isEmpty else { return [] }
        let rows = try await pool.query(
            """
            SELECT d.ticket_id, t.subject, d.team, d.priority
            FROM decided_tickets d JOIN tickets t ON t.organization_id = d.organization_id AND t.id = d.ticket_id
            WHERE d.organization_id = \(organization) AND d.ticket_id = ANY(\(ids.map(\.rawValue)))
                  AND t.deleted_at IS NULL
            """, in: organization)
        return try rows.map { row in
            DecidedTicket(
                ticket: try row.decode("ticket_id"), subject: try row.decode("subject"), team: try row.decode("team"),
                priority: try row.decodeCase("priority"), score: 0)
        }
    }

    /// The texts of decided tickets, by id, for measuring the router on them.
    func decidedTexts(_ ids: [TicketID], in organization: OrganizationID) async throws -> [TicketID: String] {
        let rows = try await pool.query(
            """
            SELECT id, subject, left(body, 20000) AS body FROM tickets
            WHERE organization_id = \(organization) AND id = ANY(\(ids.map(\.rawValue)))
            """, in: organization)
        return try Dictionary(
            rows.map { row in
                (try row.decode("id"), Ticket.text(subject: try row.decode("subject"), body: try row.decode("body")))
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: pgvector

    /// The exact nearest rows by pgvector: the fallback, and the index's cross-check.
    func nearest(
        to vector: [Float], model: String, kind: IndexKind, in organization: OrganizationID, limit: Int
    ) async throws -> [Hit] {
        let query = PostgresVector(vector)
        let source = kind.source
        let rows = try await pool.query(
            """
            SELECT \(source.id) AS id, 1 - (embedding <=> \(query)) AS cosine FROM \(source.table)
            WHERE organization_id = \(organization) AND embedding_model = \(model)
            ORDER BY embedding <=> \(query), \(source.id) LIMIT \(limit)
            """, in: organization)
        return try rows.map { Hit(id: try $0.decode("id"), cosine: try $0.decode("cosine")) }
    }
}
