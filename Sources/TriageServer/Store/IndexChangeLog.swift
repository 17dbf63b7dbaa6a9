import Postgres
import Triage

/// The log of which rows of an index changed: written with every change, read by the indexes that are open.
package struct IndexChangeLog: Sendable {
    /// How far an index's rows have come.
    package struct Source: Sendable, Hashable {
        package var organization: OrganizationID
        package var kind: IndexKind
        package var version: Int64

        package init(organization: OrganizationID, kind: IndexKind, version: Int64) {
            self.organization = organization
            self.kind = kind
            self.version = version
        }
    }

    /// The rows that changed after a version, as they are at another, all of one moment.
    package struct Changes: Sendable {
        package var version: Int64
        package var rows: [Row]

        package struct Row: Sendable {
            package var id: Int64
            /// nil: the index has this row no more.
            package var vector: [Float]?
        }
    }

    package enum Limits {
        /// How long a change is kept. An index file that has not been served for longer, and whose rows changed since, is
        /// built anew.
        package static let age = Duration.seconds(7 * 86_400)
        /// Rows that one look takes from the log at most. Of more, an index is built anew.
        package static let rows = 20_000
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Where those indexes' rows have come to, of those that are elsewhere than `known` says. One statement, whatever
    /// their number.
    package func moved(from known: [Source]) async throws -> [Source] {
        guard !known.isEmpty else { return [] }
        let rows = try await pool.query(
            """
            SELECT s.organization_id, s.kind, s.version
            FROM unnest(\(known.map(\.organization.rawValue)), \(known.map(\.kind.rawValue)), \(known.map(\.version)))
                     AS known (organization_id, kind, version)
                 JOIN index_sources s USING (organization_id, kind)
            WHERE s.version <> known.version
            """)
        return try rows.map { row in
            Source(
                organization: try row.decode("organization_id"), kind: try row.decodeCase("kind"),
                version: try row.decode("version"))
        }
    }

    /// What changed after `version`: the rows' vectors of that model as they are now.
    ///
    /// - Returns: nil when the log cannot say: it begins later, the version is one that these rows have not come to (the
    ///   database was restored), or so much changed that the index is better built anew.
    package func changes(
        of kind: IndexKind, in organization: OrganizationID, after version: Int64, model: String
    ) async throws -> Changes? {
        let source = kind.source
        return try await pool.withTransaction(in: organization, .readOnly) { connection in
            let state = try await connection.query(
                """
                SELECT version, log_floor FROM index_sources
                WHERE organization_id = \(organization) AND kind = \(kind.rawValue)
                """)
            let now: Int64 = try state.first?.decode("version") ?? 0
            if now == version { return Changes(version: now, rows: []) }
            guard now > version, try state.one().decode("log_floor", as: Int64.self) <= version else { return nil }
            let rows = try await connection.query(
                """
                WITH changed AS (
                    SELECT DISTINCT row_id FROM index_changes
                    WHERE organization_id = \(organization) AND kind = \(kind.rawValue) AND version > \(version)
                    LIMIT \(Limits.rows + 1)
                )
                SELECT changed.row_id AS id, r.embedding
                FROM changed LEFT JOIN \(source.table) r
                     ON r.\(source.id) = changed.row_id AND r.organization_id = \(organization)
                        AND r.embedding_model = \(model)
                ORDER BY 1
                """)
            guard rows.count <= Limits.rows else { return nil }
            return Changes(
                version: now,
                rows: try rows.map { row in
                    let vector = try row.decode("embedding", as: PostgresVector?.self)
                    return Changes.Row(id: try row.decode("id"), vector: vector?.values)
                })
        }
    }

    /// Forgets changes that are older than `age`.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func prune(olderThan age: Duration = Limits.age) async throws -> Int {
        try await pool.withTransaction { connection in
            // The floor is raised first: whoever reads afterwards knows that the log begins later.
            let raised = try await connection.query(
                """
                UPDATE index_sources s SET log_floor = old.version
                FROM (SELECT organization_id, kind, max(version) AS version FROM index_changes
                      WHERE changed_at < now() - \(age) GROUP BY organization_id, kind) AS old
                WHERE s.organization_id = old.organization_id AND s.kind = old.kind
                RETURNING s.organization_id, s.kind, s.log_floor
                """)
            guard !raised.isEmpty else { return 0 }
            let organizations: [Int64] = try raised.map { try $0.decode("organization_id") }
            let kinds: [String] = try raised.map { try $0.decode("kind") }
            let floors: [Int64] = try raised.map { try $0.decode("log_floor") }
            return try await connection.execute(
                """
                DELETE FROM index_changes c
                USING unnest(\(organizations), \(kinds), \(floors)) AS s (organization_id, kind, log_floor)
                WHERE c.organization_id = s.organization_id AND c.kind = s.kind AND c.version <= s.log_floor
                """)
        }
    }
}

extension PostgresConnection {
    /// Says which rows of an index changed. Part of the transaction that changes them, and its last statement but for
    /// the commit where it can be: it holds the index's other writers up until then, which is what puts versions in the
    /// order of commits.
    ///
    /// - Parameter rows: their ids; of rows that are gone as well.
    package func recordIndexChange(_ kind: IndexKind, of organization: OrganizationID, rows: [Int64]) async throws {
        try await execute(
            """
            WITH source AS (
                INSERT INTO index_sources (organization_id, kind) VALUES (\(organization), \(kind.rawValue))
                ON CONFLICT (organization_id, kind) DO UPDATE
                SET version = index_sources.version + 1, changed_at = now()
                RETURNING organization_id, kind, version
            )
            INSERT INTO index_changes (organization_id, kind, version, row_id)
            SELECT source.organization_id, source.kind, source.version, row_id
            FROM source, unnest(\(rows)) AS changed (row_id)
            """)
    }
}

/// The two indexes that every organisation has; the schema's `index_sources.kind`.
package enum IndexKind: String, Sendable, CaseIterable {
    /// The chunks of the knowledge base.
    case knowledgeBase = "kb"
    /// Decided tickets.
    case decided
}

extension IndexKind {
    /// The table that an index is built from and the column of its ids.
    var source: (table: SQL, id: SQL) {
        switch self {
        case .knowledgeBase: ("chunks", "id")
        case .decided: ("decided_tickets", "ticket_id")
        }
    }
}
