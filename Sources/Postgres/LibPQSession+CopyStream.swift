/// The binary format of COPY TO STDOUT, cut into rows (PostgreSQL's documentation of COPY, "Binary Format").
///
///     OFFSET  SIZE  DESCRIPTION
///     0       11    signature: "PGCOPY\n" FF 0D 0A 00
///     11      4     flags: bits 0 to 15 may be passed over; bits 16 to 31 change the format, and all of them are refused
///     15      4     length of the header's extension
///     19      …     the extension, which is passed over
///     …       …     rows: the number of fields (2), and per field its length (4; -1 is NULL) and its bytes
///     …       2     -1 in place of a number of fields: the end
///
/// All big endian. The server sends one row a message today, but the protocol does not promise it, and a proxy may cut
/// as it likes: a row that lies whole in a chunk is read where it lies, and only one that is cut is copied.
package struct PostgresCopyStream {
    private enum Part {
        case header, rows, end
    }

    private var part = Part.header
    /// What has begun and is not whole yet.
    private var begun: [UInt8] = []
    /// Bytes before `begun`, for messages.
    private var offset = 0

    static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00]
    private static let headerBytes = 19
    /// The server allows no larger field, and nobody sends an extension as yet.
    static let fieldBytesMax = 1 << 30
    private static let extensionBytesMax = 1 << 20

    package init() {}

    /// Takes the next bytes and hands over each row that they complete, which is valid until the closure returns.
    /// - Returns: false when the closure did, which ends the reading.
    /// - Throws: `.decoding`, with the offset in the stream, when this is not the format.
    package mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ row: (borrowing PostgresCopyFields) -> Bool
    ) throws(PostgresError) -> Bool {
        guard !begun.isEmpty else {
            let (used, goesOn) = try read(chunk, row)
            begun.append(contentsOf: chunk[used...])
            return goesOn
        }
        begun.append(contentsOf: chunk)
        var bytes: [UInt8] = []
        swap(&bytes, &begun)
        let (used, goesOn) = try bytes.withUnsafeBufferPointer { bytes throws(PostgresError) in
            try read(UnsafeRawBufferPointer(bytes), row)
        }
        bytes.removeFirst(used)
        swap(&bytes, &begun)
        return goesOn
    }

    /// To be called when no more bytes come. - Throws: when more should have come.
    package func finish() throws(PostgresError) {
        guard part == .end else { throw malformed("it ends before its trailer", at: begun.count) }
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ row: (borrowing PostgresCopyFields) -> Bool
    ) throws(PostgresError) -> (used: Int, goesOn: Bool) {
        var used = 0
        defer { offset += used }
        while used < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
            switch part {
            case .header:
                guard let length = try header(rest) else { return (used, true) }
                used += length
                part = .rows
            case .rows:
                guard rest.count >= 2 else { return (used, true) }
                if rest[0] == 0xff, rest[1] == 0xff {
                    used += 2
                    part = .end
                    continue
                }
                let fields: PostgresCopyFields
                do throws(PostgresCopyFields.Malformed) {
                    guard let whole = try PostgresCopyFields(rest) else { return (used, true) }
                    fields = whole
                } catch {
                    throw malformed(error.what, at: used + error.offset)
                }
                guard row(fields) else { return (used, false) }
                used += fields.byteCount
            case .end:
                throw malformed("\(rest.count) bytes follow its trailer", at: used)
            }
        }
        return (used, true)
    }

    /// - Returns: the header's length with its extension; nil when it is not whole yet.
    private func header(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Int? {
        guard bytes.prefix(Self.signature.count).elementsEqual(Self.signature.prefix(bytes.count)) else {
            throw malformed("it does not begin with COPY's binary signature", at: 0)
        }
        guard bytes.count >= Self.headerBytes else { return nil }
        func number(_ at: Int) -> UInt32 { UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
        guard number(11) >> 16 == 0 else {
            throw malformed(
                "its flags, \(String(number(11), radix: 16)), ask for a format that is unknown here", at: 11)
        }
        let extra = Int(number(15))
        guard extra <= Self.extensionBytesMax else {
            throw malformed("its header's extension has \(extra) bytes", at: 15)
        }
        return bytes.count >= Self.headerBytes + extra ? Self.headerBytes + extra : nil
    }

    private func malformed(_ what: String, at position: Int) -> PostgresError {
        PostgresError(
            .decoding,
            "the server's COPY stream is malformed at byte \(offset + position): \(what); check what stands between it and this program"
        )
    }
}
