import CLibPQ
import Glibc

extension LibPQSession {
    /// What opens a binary COPY stream: signature, flags, length of the header's extension.
    private static let copyHeader: [UInt8] = PostgresCopyStream.signature + [0, 0, 0, 0, 0, 0, 0, 0]
    private static let copyTrailer: [UInt8] = [0xff, 0xff]
    /// How many bytes are gathered before they are handed to libpq.
    private static let copyChunkBytes = 64 << 10

    /// Streams rows into a table until there are no more. Time is bounded between chunks, not in all.
    /// - Throws: what `next` throws too; no row goes in then.
    func copyIn(
        _ sql: SQL, _ bounds: Bounds, _ next: () throws -> PostgresCopyRow?
    ) throws(PostgresError) -> Result<Int, any Error> {
        var bounds = bounds
        try startCopy(sql, PGRES_COPY_IN, bounds)
        var chunk = Self.copyHeader
        chunk.reserveCapacity(Self.copyChunkBytes * 2)
        do {
            while let row = try next() {
                chunk.append(contentsOf: row.bytes)
                if chunk.count >= Self.copyChunkBytes {
                    try put(chunk, bounds)
                    chunk.removeAll(keepingCapacity: true)
                    bounds.renew()
                }
            }
        } catch {
            // The session's own failure has ended the stream already; the producer's must be told to the server.
            if !isBroken { try abandonCopy(bounds) }
            return .failure(error)
        }
        chunk.append(contentsOf: Self.copyTrailer)
        try put(chunk, bounds)
        guard PQputCopyEnd(pq, nil) == 1 else { throw brokenConnection() }
        return .success(try collect(bounds, columns: nil).rowsAffected)
    }

    /// Ends a COPY so that the server keeps none of its rows.
    private func abandonCopy(_ bounds: Bounds) throws(PostgresError) {
        guard PQputCopyEnd(pq, "the rows' producer failed") == 1 else { throw brokenConnection() }
        try flush(bounds)
        while let raw = try nextResult(bounds) { PQclear(raw) }
    }

    private func put(_ chunk: [UInt8], _ bounds: Bounds) throws(PostgresError) {
        let status = chunk.withUnsafeBytes {
            PQputCopyData(pq, $0.baseAddress!.assumingMemoryBound(to: CChar.self), Int32($0.count))
        }
        guard status == 1 else { throw brokenConnection() }
        // Sent before more is gathered, or libpq's buffer would grow to hold the whole table.
        try flush(bounds)
        if let interruption = bounds.interruption, interruption.isCancelled {
            markBroken()
            throw .cancelled
        }
    }

    /// Streams rows out. The closure gets each row's bytes, valid until it returns; what it throws ends the session,
    /// for the rest of the stream would have to be read first.
    func copyOut(
        _ sql: SQL, _ bounds: Bounds, _ row: (borrowing PostgresCopyFields) -> Bool
    ) throws(PostgresError) -> Int {
        var bounds = bounds
        try startCopy(sql, PGRES_COPY_OUT, bounds)
        var stream = PostgresCopyStream()
        do throws(PostgresError) {
            while let message = try nextCopyMessage(bounds) {
                defer { PQfreemem(message.baseAddress) }
                bounds.renew()
                guard try stream.take(UnsafeRawBufferPointer(message), row) else {
                    markBroken()
                    return 0
                }
            }
        } catch {
            markBroken()
            throw error
        }
        // The server's error, if there is one, says more than a stream that is cut short.
        let result = try collect(bounds, columns: nil)
        try stream.finish()
        return result.rowsAffected
    }

    private func startCopy(_ sql: SQL, _ direction: ExecStatusType, _ bounds: Bounds) throws(PostgresError) {
        let rendered = sql.rendered()
        guard rendered.values.isEmpty else {
            throw PostgresError(
                .misuse, "COPY takes no parameters; put them in settings of the transaction (set_config)")
        }
        let sent = rendered.key.text.withUnsafeBytes {
            PQsendQuery(pq, $0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
        guard sent == 1 else { throw brokenConnection() }
        try flush(bounds)
        guard let raw = try nextResult(bounds) else { throw brokenConnection() }
        defer { PQclear(raw) }
        guard PQresultStatus(raw) == direction else {
            guard PQresultStatus(raw) == PGRES_FATAL_ERROR else {
                markBroken()
                throw PostgresError(.misuse, "the statement is not a COPY in this direction")
            }
            let failure = error(from: raw)
            while let next = try nextResult(bounds) { PQclear(next) }
            throw failure
        }
        guard PQbinaryTuples(raw) == 1 else {
            markBroken()
            throw PostgresError(.misuse, "COPY must say (FORMAT binary)")
        }
    }

    /// The next message of a COPY stream, to be freed with `PQfreemem`; nil at its end.
    private func nextCopyMessage(_ bounds: Bounds) throws(PostgresError) -> UnsafeMutableRawBufferPointer? {
        var buffer: UnsafeMutablePointer<CChar>?
        while true {
            let length = PQgetCopyData(pq, &buffer, 1)
            switch length {
            case 1...: return UnsafeMutableRawBufferPointer(start: buffer, count: Int(length))
            case 0:
                _ = try wait(for: Int32(POLLIN), bounds)
                if PQconsumeInput(pq) == 0 { throw brokenConnection() }
            case -1: return nil
            default: throw brokenConnection()
            }
        }
    }
}
