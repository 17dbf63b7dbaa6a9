import CLibPQ

extension LibPQSession {
    /// Runs several statements in one round trip. Outside a transaction they are one by themselves: all of them happen,
    /// or none; settings made for the transaction hold from one to the next.
    ///
    /// - Returns: one result a statement.
    /// - Throws: the first statement's error; those after it have not run.
    func runTogether(_ statements: [SQL], _ bounds: Bounds) throws(PostgresError) -> [PostgresResult] {
        try runTogether(statements.map { $0.rendered() }, bounds)
    }

    func runTogether(_ rendered: [SQL.Rendered], _ bounds: Bounds) throws(PostgresError) -> [PostgresResult] {
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

    private func pipeline(_ group: [SQL.Rendered], _ bounds: Bounds) throws(PostgresError) -> [PostgresResult] {
        var outcome: Result<[PostgresResult], PostgresError>?
        try pipeline([group], bounds) { outcome = $1 }
        guard let outcome else { throw brokenConnection() }
        return try outcome.get()
    }

    /// Runs groups of statements in one round trip, each a transaction of its own, and gives each its results or its first
    /// error as soon as it is over. What fails in one is nothing to the others.
    ///
    /// - Throws: when the connection is lost; groups that have not been given anything are then not known to have run.
    func pipeline(
        _ groups: [[SQL.Rendered]], _ bounds: Bounds, _ give: (Int, Result<[PostgresResult], PostgresError>) -> Void
    ) throws(PostgresError) {
        // A statement's first use costs a round trip of its own. Where the table could be so small that preparing one of
        // these drives out another, none is prepared.
        let isPreparing = statements.countMax >= groups.reduce(0) { $0 + $1.count }
        var sent: [(group: Int, prepared: [StatementCache.Entry?])] = []
        for (number, group) in groups.enumerated() {
            do throws(PostgresError) {
                sent.append((number, try isPreparing ? entries(for: group, bounds) : group.map { _ in nil }))
            } catch {
                if isBroken { throw error }
                give(number, .failure(error))
            }
        }
        if sent.isEmpty { return }
        guard PQenterPipelineMode(pq) == 1 else { throw brokenConnection() }
        do throws(PostgresError) {
            for (number, prepared) in sent {
                for (statement, entry) in zip(groups[number], prepared) { try send(statement, statement: entry?.name) }
                guard PQpipelineSync(pq) == 1 else { throw brokenConnection() }
            }
        } catch {
            // Half a pipeline cannot be taken back.
            markBroken()
            throw error
        }
        try flush(bounds)
        for (number, prepared) in sent { give(number, try results(of: groups[number], prepared, bounds)) }
        guard PQexitPipelineMode(pq) == 1 else { throw brokenConnection() }
    }

    private func entries(
        for group: [SQL.Rendered], _ bounds: Bounds
    ) throws(PostgresError) -> [StatementCache.Entry?] {
        var entries: [StatementCache.Entry?] = []
        for statement in group {
            if let known = statements.use(statement.key) {
                entries.append(known)
            } else {
                entries.append(try prepare(statement, bounds))
            }
        }
        return entries
    }

    /// Reads what one group of a pipeline comes to.
    private func results(
        of group: [SQL.Rendered], _ prepared: [StatementCache.Entry?], _ bounds: Bounds
    ) throws(PostgresError) -> Result<[PostgresResult], PostgresError> {
        var results: [PostgresResult] = []
        var failure: PostgresError?
        while true {
            // nil only ends one statement's results: the group's end is a result of its own.
            guard let raw = try nextResult(bounds) else {
                if PQstatus(pq) == CONNECTION_BAD { throw brokenConnection() }
                continue
            }
            switch PQresultStatus(raw) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                let entry = prepared[results.count]
                let result = PostgresResult(raw, columns: entry?.columns)
                if let entry, result.columns !== entry.columns {
                    statements.remember(result.columns, for: group[results.count].key)
                }
                results.append(result)
            case PGRES_PIPELINE_SYNC:
                PQclear(raw)
                return failure.map { .failure($0) } ?? .success(results)
            case PGRES_PIPELINE_ABORTED:
                PQclear(raw)
            default:
                if failure == nil { failure = error(from: raw) }
                PQclear(raw)
                if isBroken, let failure { throw failure }
            }
        }
    }
}

extension LibPQSession {
    /// Runs callers' short transactions together and gives each its own outcome. Never throws: what the loss of the
    /// connection leaves open gets that as its outcome.
    ///
    /// - Parameter since: when the first of them came.
    func run(_ transactions: [SharedTransaction], within time: Duration, since: ContinuousClock.Instant) {
        begin(waited: .now - since)
        let bounds = Bounds(time, nil)
        var repeated: [SharedTransaction] = []
        do throws(PostgresError) {
            try pipeline(transactions.map(\.statements), bounds) { number, outcome in
                if case .failure(let error) = outcome, isOutdated(error) {
                    repeated.append(transactions[number])
                } else {
                    transactions[number].answer.settle(outcome)
                }
            }
            for transaction in repeated {
                do throws(PostgresError) {
                    transaction.answer.settle(.success(try runTogether(transaction.statements, bounds)))
                } catch {
                    if isBroken { throw error }
                    transaction.answer.settle(.failure(error))
                }
            }
        } catch {
            for transaction in transactions { transaction.answer.settle(.failure(error)) }
        }
        settle()
    }
}
