import CLibPQ

extension LibPQSession {
    /// Runs one statement with its parameters and returns its whole result.
    func run(_ sql: SQL, _ bounds: Bounds) throws(PostgresError) -> PostgresResult {
        let rendered = sql.rendered()
        guard statements.countMax > 0 else {
            try send(rendered, statement: nil)
            return try collect(bounds, columns: nil)
        }
        if let known = statements.use(rendered.key) {
            do {
                return try runPrepared(rendered, known, bounds)
            } catch  where isOutdated(error) {
                // The table changed under the plan, or somebody deallocated it.
                statements.remove(rendered.key)
                if error.sqlState == .featureNotSupported, !isInTransaction {
                    _ = try simple("DEALLOCATE \(known.name)", bounds)
                }
                if isInTransaction { throw error }
            }
        }
        return try runPrepared(rendered, try prepare(rendered, bounds), bounds)
    }

    /// Runs text of one or more statements by the simple protocol, without parameters.
    /// - Returns: the last statement's result.
    func simple(_ text: String, _ bounds: Bounds) throws(PostgresError) -> PostgresResult {
        guard PQsendQuery(pq, text) == 1 else { throw brokenConnection() }
        return try collect(bounds, columns: nil)
    }

    func isOutdated(_ error: PostgresError) -> Bool {
        guard !isBroken else { return false }
        return error.sqlState == .featureNotSupported || error.sqlState == .invalidStatementName
    }

    private func runPrepared(
        _ rendered: SQL.Rendered, _ statement: StatementCache.Entry, _ bounds: Bounds
    ) throws(PostgresError) -> PostgresResult {
        try send(rendered, statement: statement.name)
        let result = try collect(bounds, columns: statement.columns)
        if result.columns !== statement.columns { statements.remember(result.columns, for: rendered.key) }
        return result
    }

    func prepare(
        _ rendered: SQL.Rendered, _ bounds: Bounds
    ) throws(PostgresError) -> StatementCache.Entry {
        if let evicted = statements.evictIfFull() {
            _ = try simple("DEALLOCATE \(evicted)", bounds)
        }
        let name = statements.nextName()
        let sent = rendered.key.text.withUnsafeBytes { text in
            PQsendPrepare(
                pq, name, text.baseAddress!.assumingMemoryBound(to: CChar.self), Int32(rendered.key.types.count),
                rendered.key.types)
        }
        guard sent == 1 else { throw brokenConnection() }
        _ = try collect(bounds, columns: nil)
        statements.insert(rendered.key, name: name)
        return statements.use(rendered.key)!
    }

    /// Hands a statement to libpq: parameters and results in binary.
    func send(_ rendered: SQL.Rendered, statement: String?) throws(PostgresError) {
        let count = rendered.values.count
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        offsets.reserveCapacity(count)
        lengths.reserveCapacity(count)
        for value in rendered.values {
            // One byte more each, so that an empty value still has an address: NULL is what has none.
            offsets.append(value.bytes.map { _ in bytes.count })
            lengths.append(Int32(clamping: value.bytes?.count ?? 0))
            if let encoded = value.bytes {
                bytes.append(contentsOf: encoded)
                bytes.append(0)
            }
        }
        let formats = [Int32](repeating: 1, count: count)
        let sent = bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }
            if let statement {
                return PQsendQueryPrepared(pq, statement, Int32(count), values, lengths, formats, 1)
            }
            return rendered.key.text.withUnsafeBytes { text in
                PQsendQueryParams(
                    pq, text.baseAddress!.assumingMemoryBound(to: CChar.self), Int32(count), rendered.key.types, values,
                    lengths, formats, 1)
            }
        }
        guard sent == 1 else {
            if PQstatus(pq) == CONNECTION_BAD { throw brokenConnection() }
            throw PostgresError(
                .misuse, "libpq refused the statement (\(lastComplaint)); it takes 65,535 parameters at most")
        }
    }

    /// Reads results until the command is over. Its error, if any, is the first one's.
    func collect(_ bounds: Bounds, columns: PostgresColumns?) throws(PostgresError) -> PostgresResult {
        try flush(bounds)
        var last: PostgresResult?
        var failure: PostgresError?
        while let raw = try nextResult(bounds) {
            switch PQresultStatus(raw) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                last = PostgresResult(raw, columns: columns)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(raw)
                // The session now waits for data that nobody will send or read.
                markBroken()
                throw PostgresError(.misuse, "COPY was sent as a query; use copyIn or copyOut")
            default:
                let error = error(from: raw)
                if failure == nil { failure = error }
                PQclear(raw)
            }
        }
        if let failure { throw failure }
        guard let last else { throw brokenConnection() }
        return last
    }

    /// Translates a failed result. The server's own sentence goes into the message only where it cannot quote values.
    func error(from raw: OpaquePointer) -> PostgresError {
        func field(_ letter: Unicode.Scalar) -> String? {
            PQresultErrorField(raw, Int32(letter.value)).map { String(cString: $0) }
        }
        let sentence = field("M")
        // libpq makes results of its own, without a state, when the connection is lost.
        guard let sqlState = field("C").map({ SQLState(rawValue: $0) }) else { return brokenConnection() }
        if sqlState.endsSession || PQstatus(pq) == CONNECTION_BAD {
            markBroken()
            return PostgresError(
                .connectionFailed, "the server ended the session (\(sentence ?? "")); the pool opens another one",
                sqlState: sqlState)
        }
        let message = sqlState.mayQuoteValues ? nil : sentence
        return PostgresError(
            .server(sqlState), message ?? "the server refused the statement's data", sqlState: sqlState,
            constraint: field("n"), table: field("t"), serverMessage: sentence)
    }
}
