import ArgumentParser
import Postgres
import VectorIndex

/// An organisation's embedded rows as they stand in Postgres at one moment; the only file that knows Postgres.
///
/// Everything is read in one transaction that sees one snapshot and writes nothing. Vectors come by COPY in its binary
/// format, row by row, so that no more than one is in memory besides what the caller keeps.
struct PostgresSource: Sendable {
    /// Which rows an index is built from.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        // The raw values are also the kinds' names in the table index_sources.
        /// Passages of the knowledge base.
        case kb
        /// Tickets that people have decided.
        case decided

        fileprivate var table: SQL { self == .kb ? "chunks" : "decided_tickets" }
        fileprivate var id: SQL { self == .kb ? "id" : "ticket_id" }
    }

    /// Where rows are. The URL may hold a password and is never printed.
    struct Place: Sendable {
        var url: String
        var organization: Int64
        var kind: Kind
    }

    /// What there is, before any vector is read.
    struct Survey: Sendable {
        /// How far the source has come.
        var version: UInt64
        /// Embedded rows of each model, by the models' names.
        var models: [(name: String, rows: Int)]
        /// Of one of the vectors; nil when there are none.
        var dimensions: Int?
    }

    private let connection: PostgresConnection
    private let place: Place

    /// Longest wait for the next row, or for one exact answer over all rows.
    private static let patience = Duration.seconds(300)

    /// Calls `body` with the rows of one moment.
    static func with<Value: Sendable>(
        _ place: Place, _ body: @Sendable (PostgresSource) async throws -> Value
    ) async throws -> Value {
        let configuration = PostgresConfiguration(
            connectionString: place.url, applicationName: "index-tool", statementTimeout: patience)
        let connection = try await PostgresConnection.connect(configuration)
        let result: Result<Value, any Error>
        do {
            result = .success(
                try await connection.transaction(.readOnly) { connection in
                    let source = PostgresSource(connection: connection, place: place)
                    try await source.begin()
                    return try await body(source)
                })
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    private func begin() async throws {
        guard try await hasOrganization() else {
            throw VectorIndexError(
                .notFound, "there is no organisation \(place.organization) in this database",
                remedy: "Name an organisation that it has, or another --database-url.")
        }
    }

    private func hasOrganization() async throws -> Bool {
        do {
            return try await !connection.query("SELECT id FROM organizations WHERE id = \(place.organization)").isEmpty
        } catch {
            guard error.code == .server(.undefinedTable) else { throw error }
            throw VectorIndexError(
                .notFound, "the database has no table of organisations: it is none of Nexify's",
                remedy: "Name the server's own database, or make its tables with `triage-server migrate`.")
        }
    }

    func survey() async throws -> Survey {
        let versions = try await connection.query(
            """
            SELECT version FROM index_sources
            WHERE organization_id = \(place.organization) AND kind = \(place.kind.rawValue)
            """)
        let models = try await connection.query(
            """
            SELECT coalesce(embedding_model, '') AS model, count(*) AS rows FROM \(place.kind.table)
            WHERE organization_id = \(place.organization) AND embedding IS NOT NULL GROUP BY 1 ORDER BY 1
            """)
        let dimensions = try await connection.query(
            """
            SELECT vector_dims(embedding) AS dimensions FROM \(place.kind.table)
            WHERE organization_id = \(place.organization) AND embedding IS NOT NULL LIMIT 1
            """)
        return Survey(
            version: UInt64(bitPattern: try versions.first?.decode("version", as: Int64.self) ?? 0),
            models: try models.map { (try $0.decode("model"), try $0.decode("rows")) },
            dimensions: try dimensions.first?.decode("dimensions", as: Int.self))
    }

    /// Folds the rows with a vector, in no order, into a value.
    ///
    /// - Parameters:
    ///   - model: only rows of this model; nil takes all.
    ///   - step: gets a row's id and vector; the array is used again for the next row.
    func fold<Value: Sendable>(
        into initial: Value, model: String? = nil, _ step: @Sendable (inout Value, UInt64, [Float]) throws -> Void
    ) async throws -> Value {
        // COPY takes no parameters, so that they stand in settings of this transaction.
        _ = try await connection.query(
            """
            SELECT set_config('nexify.organization', \("\(place.organization)"), true),
                   set_config('nexify.model', \(model ?? ""), true)
            """)
        let ofModel: SQL =
            model == nil ? "" : "AND coalesce(embedding_model, '') = current_setting('nexify.model')"
        return try await connection.copyOut(
            """
            COPY (
                SELECT \(place.kind.id), embedding FROM \(place.kind.table)
                WHERE organization_id = current_setting('nexify.organization')::bigint
                      AND embedding IS NOT NULL \(ofModel)
            ) TO STDOUT (FORMAT binary)
            """,
            into: Folded(value: initial)
        ) { folded, fields in
            folded.vector.removeAll(keepingCapacity: true)
            _ = try fields.appendVector(1, to: &folded.vector)
            try step(&folded.value, UInt64(bitPattern: try fields.decode(0, as: Int64.self)), folded.vector)
        }.value
    }

    /// pgvector's exact answer: the k nearest rows by comparing all of them, no index used.
    ///
    /// - Parameters:
    ///   - model: only rows of this model; nil takes all.
    ///   - excluded: ids that are no answers.
    /// - Returns: ids with scores as an index file's search gives them, nearest first.
    func nearest(
        to vector: [Float], k: Int, metric: Metric, model: String?, excluding excluded: [UInt64]
    ) async throws -> [Neighbor] {
        try await connection.execute("SET LOCAL enable_indexscan = off")
        let query = PostgresVector(vector)
        let distance: SQL =
            switch metric {
            case .cosine: "embedding <=> \(query)"
            case .innerProduct: "embedding <#> \(query)"
            case .squaredL2: "embedding <-> \(query)"
            }
        let ofModel: SQL = model.map { "AND coalesce(embedding_model, '') = \($0)" } ?? ""
        let rows = try await connection.query(
            """
            SELECT \(place.kind.id) AS id, \(distance) AS distance FROM \(place.kind.table)
            WHERE organization_id = \(place.organization) AND embedding IS NOT NULL \(ofModel)
                  AND \(place.kind.id) <> ALL(\(excluded.map { Int64(bitPattern: $0) }))
            ORDER BY \(distance) LIMIT \(k)
            """)
        return try rows.map { row in
            let distance = try row.decode("distance", as: Double.self)
            let score =
                switch metric {
                case .cosine: 1 - distance
                case .innerProduct: -distance
                case .squaredL2: -distance * distance
                }
            return Neighbor(id: UInt64(bitPattern: try row.decode("id", as: Int64.self)), score: Float(score))
        }
    }
}

/// What rows are folded into, and the one vector that is in memory.
private struct Folded<Value: Sendable>: Sendable {
    var value: Value
    var vector: [Float] = []
}
