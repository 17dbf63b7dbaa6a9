import CLibPQ

extension LibPQSession {
    /// Runs several statements in one round trip. Outside a transaction they are one by themselves: all of them happen,
    /// or none; settings made for the transaction hold from one to the next.
    ///
    /// - Returns: one result a statement.
    /// - Throws: the first statement's error; those after it have not run.
    func runTogether(_ statements: [SQL], _ bounds: Bounds) throws(PostgresError) -> [PostgresResult] {
        let rendered = statements.map { $0.rendered() }
        let isNested = isInTransaction
        do {
            return try pipeline(rendered, bounds)
        } catch  where isOutdated(error) && !isNested {
            // The whole of it was rolled back, so it can be sent again, with plans of today.
            for statement in rendered {
                if let known = self.statements.use(statement.key) {
                    self.statements.remove(statement.key)
                    if error.sqlState == .featureNotSupported { _ = try simple("DEALLOCATE \(known.name)", bounds) }
                }
            }
            return try pipeline(rendered, bounds)
        }
    }

    private func pipeline(_ rendered: [SQL.Rendered], _ bounds: Bounds) throws(PostgresError) -> [PostgresResult] {
        // A statement's first use costs a round trip of its own; the table is never so small that preparing one of these
        // drives out another.
        var prepared: [StatementCache.Entry?] = Array(repeating: nil, count: rendered.count)
        if statements.countMax >= rendered.count {
            for (index, statement) in rendered.enumerated() {
                if let known = statements.use(statement.key) {
                    prepared[index] = known
                } else {
                    prepared[index] = try prepare(statement, bounds)
                }
            }
        }
        guard PQenterPipelineMode(pq) == 1 else { throw brokenConnection() }
        do {
            for (statement, entry) in zip(rendered, prepared) { try send(statement, statement: entry?.name) }
        } catch {
            // Half a pipeline cannot be taken back.
            markBroken()
            throw error
        }
        guard PQpipelineSync(pq) == 1 else { throw brokenConnection() }
        try flush(bounds)

        var results: [PostgresResult] = []
        var failure: PostgresError?
        reading: while true {
            // nil only ends one statement's results: the pipeline's end is a result of its own.
            guard let raw = try nextResult(bounds) else {
                if PQstatus(pq) == CONNECTION_BAD { throw brokenConnection() }
                continue
            }
            switch PQresultStatus(raw) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                let entry = prepared[results.count]
                let result = PostgresResult(raw, columns: entry?.columns)
                if let entry, result.columns !== entry.columns {
                    statements.remember(result.columns, for: rendered[results.count].key)
                }
                results.append(result)
            case PGRES_PIPELINE_SYNC:
                PQclear(raw)
                break reading
            case PGRES_PIPELINE_ABORTED:
                PQclear(raw)
            default:
                if failure == nil { failure = error(from: raw) }
                PQclear(raw)
                if isBroken, let failure { throw failure }
            }
        }
        guard PQexitPipelineMode(pq) == 1 else { throw brokenConnection() }
        if let failure { throw failure }
        return results
    }
}
