import JobQueue
import Postgres
import Triage

/// A document as its author writes it.
struct DocumentDraft: Sendable {
    var title: String
    var text: String
    var metadata: JSONValue
}

extension DocumentStore {
    /// Puts other contents in the document's place. A passage that reads the same under the same title keeps its row and
    /// its vector; the others go, and new ones are embedded. Retrieval reads every hit's row, so the old text is in no
    /// answer from the commit on, whatever an index still remembers.
    ///
    /// The same contents again change nothing.
    /// - Parameter ifVersion: the version the caller saw; nil to overwrite whatever is there.
    /// - Throws: `StoreError.notFound`, `.versionMismatch`.
    func replace(
        _ id: DocumentID, in organization: OrganizationID, by draft: DocumentDraft, ifVersion: Int64?
    ) async throws -> Document {
        let (document, isEmbedded) = try await pool.withTransaction(in: organization) { connection in
            let before = try await connection.lockedDocument(id, in: organization)
            if let ifVersion, ifVersion != before.version { throw StoreError.versionMismatch }
            let isSameText = before.title.hasSameBytes(as: draft.title) && before.text.hasSameBytes(as: draft.text)
            if isSameText, before.metadata == draft.metadata { return (before, true) }
            try await connection.execute(
                """
                UPDATE documents SET title = \(draft.title), text = \(draft.text), metadata = \(draft.metadata),
                                     updated_at = now(), version = version + 1
                WHERE id = \(id) AND organization_id = \(organization)
                """)
            if !isSameText {
                try await connection.replaceChunks(of: before, by: draft)
                _ = try await JobQueue.enqueue(.embed(.knowledgeBase, of: organization), on: connection)
            }
            return (try await connection.lockedDocument(id, in: organization), isSameText)
        }
        if !isEmbedded { queue.hint() }
        return document
    }
}

extension PostgresConnection {
    /// The document, locked until the transaction ends.
    ///
    /// - Throws: `StoreError.notFound`.
    func lockedDocument(_ id: DocumentID, in organization: OrganizationID) async throws -> Document {
        let rows = try await query(
            """
            SELECT \(DocumentStore.columns) FROM documents d
            WHERE d.id = \(id) AND d.organization_id = \(organization) FOR UPDATE OF d
            """)
        guard let row = rows.first else { throw StoreError.notFound }
        return try row.document()
    }

    fileprivate func replaceChunks(of before: Document, by draft: DocumentDraft) async throws {
        let (id, organization) = (before.id, before.organization)
        // Locked, so that no chunk's vector is written between reading the ids and the end.
        let rows = try await query(
            """
            SELECT id, text FROM chunks WHERE document_id = \(id) AND organization_id = \(organization)
            ORDER BY id FOR UPDATE
            """)
        // The title is part of what is embedded, so under another one no passage is the same.
        // By their bytes: a passage in another spelling of the same words is another one.
        var known: [[UInt8]: [Int64]] = [:]
        for row in rows where before.title.hasSameBytes(as: draft.title) {
            known[Array(try row.decode("text", as: String.self).utf8), default: []].append(try row.decode("id"))
        }
        var kept: [(id: Int64, index: Int32, piece: TextChunker.Piece)] = []
        var added: [(index: Int32, piece: TextChunker.Piece)] = []
        for (index, piece) in TextChunker().chunks(of: draft.text).enumerated() {
            let text = Array(piece.text.utf8)
            if let first = known[text]?.first {
                known[text]?.removeFirst()
                kept.append((first, Int32(index), piece))
            } else {
                added.append((Int32(index), piece))
            }
        }
        let keptIDs = Set(kept.map(\.id))
        let gone = try rows.map { try $0.decode("id", as: Int64.self) }.filter { !keptIDs.contains($0) }
        try await execute("DELETE FROM chunks WHERE id = ANY(\(gone)) AND organization_id = \(organization)")
        try await execute(
            """
            UPDATE chunks c SET chunk_index = kept.chunk_index, char_start = kept.char_start, char_end = kept.char_end
            FROM unnest(\(kept.map(\.id)), \(kept.map(\.index)), \(kept.map { Int32($0.piece.characters.lowerBound) }),
                        \(kept.map { Int32($0.piece.characters.upperBound) }))
                 AS kept (id, chunk_index, char_start, char_end)
            WHERE c.id = kept.id AND c.organization_id = \(organization)
            """)
        try await execute(
            """
            INSERT INTO chunks (organization_id, document_id, chunk_index, text, char_start, char_end)
            SELECT \(organization), \(id), added.chunk_index, added.text, added.char_start, added.char_end
            FROM unnest(\(added.map(\.index)), \(added.map(\.piece.text)),
                        \(added.map { Int32($0.piece.characters.lowerBound) }),
                        \(added.map { Int32($0.piece.characters.upperBound) }))
                 AS added (chunk_index, text, char_start, char_end)
            """)
        if !gone.isEmpty { try await recordIndexChange(.knowledgeBase, of: organization, rows: gone) }
    }
}
