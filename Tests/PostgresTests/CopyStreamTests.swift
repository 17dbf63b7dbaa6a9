import Postgres
import Testing

/// Streams that are put together here, byte for byte as the format's documentation has them.
@Suite("A binary COPY stream, cut into rows")
struct CopyStreamTests {
    private static let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0] + [0, 0, 0, 0] + [0, 0, 0, 0]
    private static let trailer: [UInt8] = [0xff, 0xff]

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian, Array.init)
    }

    private static func row(_ id: Int64, _ text: String?) -> [UInt8] {
        let body = text.map { bytes(Int32($0.utf8.count)) + Array($0.utf8) } ?? bytes(Int32(-1))
        return bytes(Int16(2)) + bytes(Int32(8)) + bytes(id) + body
    }

    private struct Row: Equatable {
        var id: Int64
        var text: String?
    }

    /// Feeds the pieces. - Returns: the rows that came out before the end or the error.
    private func read(_ pieces: [[UInt8]]) -> (rows: [Row], error: PostgresError?) {
        var stream = PostgresCopyStream()
        var rows: [Row] = []
        do throws(PostgresError) {
            for piece in pieces {
                let goesOn = try piece.withUnsafeBufferPointer { bytes throws(PostgresError) in
                    try stream.take(UnsafeRawBufferPointer(bytes)) { fields in
                        do throws(PostgresError) {
                            rows.append(Row(id: try fields.decode(0), text: try fields.decode(1)))
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                #expect(goesOn)
            }
            try stream.finish()
            return (rows, nil)
        } catch {
            return (rows, error)
        }
    }

    private static let rows = [
        Row(id: 1, text: "one"), Row(id: -2, text: nil), Row(id: 3, text: ""), Row(id: 4, text: "ü"),
    ]
    private static var stream: [UInt8] { header + rows.flatMap { row($0.id, $0.text) } + trailer }

    @Test("wherever it is cut, the same rows come out")
    func cuts() {
        let stream = Self.stream
        for first in 0...stream.count {
            let whole = read([Array(stream[..<first]), Array(stream[first...])])
            #expect(whole.rows == Self.rows && whole.error == nil, "cut at \(first)")
        }
        for size in 1...40 {
            let pieces = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            let read = read(pieces)
            #expect(read.rows == Self.rows && read.error == nil, "pieces of \(size)")
        }
    }

    @Test("an extension of the header and flags without meaning are passed over")
    func extended() {
        let header = Array(Self.header.prefix(11)) + [0, 0, 0xff, 0xff] + [0, 0, 0, 5] + [1, 2, 3, 4, 5]
        for size in [1, 7, 1_000] {
            let stream = header + Self.row(7, "x") + Self.trailer
            let pieces = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            let read = read(pieces)
            #expect(read.rows == [Row(id: 7, text: "x")] && read.error == nil, "pieces of \(size)")
        }
    }

    @Test("a stream that ends early says so, wherever that is")
    func cutShort() {
        for length in 0..<Self.stream.count {
            let read = read([Array(Self.stream[..<length])])
            #expect(read.error?.code == .decoding, "\(length)")
            #expect(read.error?.message.contains("ends before its trailer") == true, "\(length)")
        }
    }

    @Test("what is not the format is refused with its place")
    func malformed() {
        var signature = Self.header
        signature[8] = 0x0a
        let text = Array("1\tone\n".utf8)
        let oids = Array(Self.header.prefix(11)) + [0, 1, 0, 0] + [0, 0, 0, 0]
        let long = Array(Self.header.prefix(15)) + [0x7f, 0, 0, 0]
        let cases: [(bytes: [UInt8], says: String)] = [
            (signature, "byte 0: it does not begin with COPY's binary signature"),
            (text, "byte 0: it does not begin"),
            (oids, "byte 11: its flags, 10000,"),
            (long, "byte 15: its header's extension has 2130706432 bytes"),
            (Self.header + Self.bytes(Int16(-2)), "byte 19: a row has -2 fields"),
            (Self.header + Self.bytes(Int16(1)) + Self.bytes(Int32(-2)), "byte 21: a field has -2 bytes"),
            (
                Self.header + Self.row(1, "a") + Self.bytes(Int16(1)) + Self.bytes(Int32.max),
                "byte 40: a field has 2147"
            ),
            (Self.header + Self.trailer + [0], "byte 21: 1 bytes follow its trailer"),
        ]
        for (bytes, says) in cases {
            // At once, and byte by byte: the place is that of the stream.
            for pieces in [[bytes], bytes.map { [$0] }] {
                let error = read(pieces).error
                #expect(
                    error?.code == .decoding && error?.message.contains(says) == true,
                    "\(says): \(error?.message ?? "")")
            }
        }
    }
}
