import VectorIndex

/// An index file held against the rows that it was built from, as they stand in Postgres now.
///
/// Rows move on, and a file stays what it was: `index_sources.version` grows with every change of the rows, and a file
/// keeps the version that it was built at. So a difference is a fault only in a file of the rows' own version; one that
/// is behind is merely old, which is told and, beyond a bound of the caller's, refused. A file that is ahead is of another
/// database, or the database was put back to an earlier time.
struct DatabaseCheck: Sendable {
    /// What was found.
    struct Result: Sendable {
        /// Of the rows, by `index_sources`.
        var version: UInt64
        var fileVersion: UInt64
        /// Rows with a vector of the file's model.
        var rows: Int
        /// Rows with a vector of another model, which no index of this model holds.
        var otherRows: Int
        var missing: IDList
        var extra: IDList
        var stale: IDList
        /// The file's searches against pgvector's exact answers over the rows that both have; nil when there were none,
        /// or when too many rows differ.
        var agreement: RecallSample.Recall?

        /// How many versions the file is behind; negative when it is ahead.
        var behind: Int64 { Int64(bitPattern: version &- fileVersion) }
        var differences: Int { missing.count + extra.count + stale.count }
    }

    let snapshot: Snapshot
    let place: PostgresSource.Place
    /// Whose vectors are searched for; nil: no agreement is measured.
    let sample: RecallSample?

    /// What a score may be apart from pgvector's, which adds in another order: of neighbours this near it does not matter
    /// which one is named.
    private static let scoreRounding: Float = 1e-5

    private struct Comparing: Sendable {
        var rows: RowComparison
        var line: ProgressLine
    }

    func run(_ line: ProgressLine) async throws -> (Result, ProgressLine) {
        try await PostgresSource.with(place) { source in
            let survey = try await source.survey()
            let info = snapshot.info
            // A file that does not name its model is of any.
            let model = info.modelFingerprint.isEmpty ? nil : info.modelFingerprint
            let all = survey.models.reduce(0) { $0 + $1.rows }
            let own = model.map { model in survey.models.first { $0.name == model }?.rows ?? 0 } ?? all
            let compared = try await source.fold(
                into: Comparing(rows: try RowComparison(snapshot), line: line), model: model
            ) { comparing, id, vector in
                try comparing.rows.add(id, vector)
                comparing.line.show("rows", done: comparing.rows.rows, total: own)
            }
            var result = Result(
                version: survey.version, fileVersion: info.sourceVersion, rows: compared.rows.rows,
                otherRows: all - own, missing: compared.rows.missing, extra: compared.rows.extra,
                stale: compared.rows.stale)
            result.missing.sort()
            result.stale.sort()
            var line = compared.line
            result.agreement = try await agreement(source, result, model: model, &line)
            return (result, line)
        }
    }

    /// Over the rows that both have, so that a file that is behind is measured, too.
    private func agreement(
        _ source: PostgresSource, _ result: Result, model: String?, _ line: inout ProgressLine
    ) async throws -> RecallSample.Recall? {
        guard let sample, result.missing.isWhole, result.extra.isWhole, result.stale.isWhole else { return nil }
        let foreign = Set(result.extra.first + result.stale.first)
        let absent = result.missing.first + result.stale.first
        let common = result.rows - result.missing.count - result.stale.count
        let k = min(sample.k, common - 1)
        let queries = sample.ids.filter { !foreign.contains($0) }
        guard k > 0, !queries.isEmpty else { return nil }
        let scratch = SearchScratch()
        var shares: [Double] = []
        for (i, id) in queries.enumerated() {
            line.show("pgvector", done: i, total: queries.count)
            guard let vector = try snapshot.vector(id: id) else { continue }
            let truth = try await source.nearest(
                to: vector, k: k, metric: snapshot.info.metric, model: model, excluding: absent + [id])
            let found = try snapshot.search(vector, k: k + 1 + foreign.count, scratch: scratch)
                .lazy.filter { $0.id != id && !foreign.contains($0.id) }.prefix(k)
            shares.append(Double(Self.hits(Array(found), truth)) / Double(k))
        }
        return RecallSample.recall(shares, k: k, target: snapshot.info.targetRecall)
    }

    /// How many of the neighbours are pgvector's, or as near as its last.
    private static func hits(_ found: [Neighbor], _ truth: [Neighbor]) -> Int {
        let ids = Set(truth.map(\.id))
        let last = truth.last?.score ?? -.infinity
        let near = last - scoreRounding * max(1, abs(last))
        return found.count { ids.contains($0.id) || $0.score >= near }
    }
}
